// Finds variables as somebody types: the same page is asked for, and its table taken over.
(() => {
  "use strict";
  const form = document.querySelector("form.filter");
  if (!form) return;
  let latest;
  let waiting;

  async function take() {
    const address = new URL(form.action);
    address.hash = "";
    for (const [name, value] of new FormData(form)) if (value && value !== "all" && value !== "psi") address.searchParams.set(name, value);
    latest?.abort();
    latest = new AbortController();
    try {
      const answer = await fetch(address, { signal: latest.signal });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.getElementById("variables").replaceWith(document.adoptNode(page.getElementById("variables")));
      history.replaceState(null, "", address);
    } catch (fault) {
      if (fault.name !== "AbortError") location.assign(address); // shows what is wrong
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(take, 200);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    take();
  });
})();
