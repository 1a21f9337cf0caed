// Lets what a page shows be refined without leaving it.
(() => {
  "use strict";

  // A form that names what it replaces: the same page is asked for with the new choice, and that part of it
  // taken over. Without scripts the form's button does the same with the whole page.
  function refineInPlace(form) {
    const output = form.querySelector("output");
    const status = form.querySelector("[role=status]");
    let latest;

    /** The page's address with what the form has chosen in it; kept, so that another form's choice adds to it. */
    function choose() {
      const address = new URL(location);
      address.hash = "";
      for (const control of form.elements) {
        const chosen = control.type === "radio" ? control.checked : control.type !== "hidden";
        if (control.name && chosen) address.searchParams.set(control.name, control.value);
      }
      history.replaceState(null, "", address);
      for (const link of document.querySelectorAll("a[hreflang]")) {
        const other = new URL(address);
        other.searchParams.set("lang", link.hreflang);
        link.href = other.pathname + other.search;
      }
      return address;
    }

    async function replacePart() {
      const address = choose();
      const part = document.getElementById(form.dataset.replaces);
      latest?.abort();
      latest = new AbortController();
      part.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(address, { signal: latest.signal });
        if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = document.adoptNode(page.getElementById(form.dataset.replaces));
        part.replaceWith(fresh);
        drawCharts(fresh);
        status.textContent = fresh.dataset.said;
      } catch (fault) {
        if (fault.name !== "AbortError") location.assign(address); // shows what is wrong
      }
    }

    form.addEventListener("input", ({ target }) => { if (target.type === "range") output.value = target.value; });
    form.addEventListener("change", replacePart);
  }

  document.querySelectorAll("form[data-replaces]").forEach(refineInPlace);
})();
