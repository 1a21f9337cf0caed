// Lets the number of contributions be changed without leaving the page.
(() => {
  "use strict";

  // A form that names what it replaces: the same page is asked for with the new value, and that part of it
  // taken over. Without scripts the form's button does the same with the whole page.
  function refineInPlace(form) {
    const input = form.querySelector("input");
    const output = form.querySelector("output");
    let latest;
    input.addEventListener("input", () => { output.value = input.value; });
    input.addEventListener("change", async () => {
      const address = new URL(form.action);
      address.hash = "";
      address.searchParams.set(input.name, input.value);
      latest?.abort();
      latest = new AbortController();
      try {
        const answer = await fetch(address, { signal: latest.signal });
        if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const part = document.getElementById(form.dataset.replaces);
        part.replaceWith(document.adoptNode(page.getElementById(form.dataset.replaces)));
        history.replaceState(null, "", address);
        drawCharts(document.getElementById(form.dataset.replaces));
      } catch (fault) {
        if (fault.name !== "AbortError") location.assign(address); // shows what is wrong
      }
    });
  }

  document.querySelectorAll("form[data-replaces]").forEach(refineInPlace);
})();
