// Lets a page be changed without leaving it. A form names the parts that it replaces: the same page is asked for with
// the new choice, and those parts are taken over. Without scripts the form's button, or a link, does the same with the
// whole page.
//
//   <form id="F" data-replaces="part other-part">  what changes in it is asked for at once, but not in an element with
//                                                  data-wait: that is for its button
//   data-address                                   the form's state as an address, when that is not what was asked for
//   data-history="push"                            each change is one step back
//   <a data-refines="F">                           the same by a link
(() => {
  "use strict";
  const PAUSE_MS = 120; // several changes in a row are one
  const marked = "form[data-replaces]";
  let shown = location.pathname + location.search;
  let latest, timer;

  const partsOf = (form) => form.dataset.replaces.split(" ").map((id) => document.getElementById(id)).filter(Boolean);

  function addressOf(form, submitter) {
    const address = new URL(form.action);
    address.hash = "";
    address.search = new URLSearchParams(new FormData(form, submitter)).toString();
    return address;
  }

  // Controls say what the answer says, but for what is being typed into.
  function takeControls(page) {
    const fresh = [...page.querySelectorAll(marked)];
    document.querySelectorAll(marked).forEach((form, i) => {
      if (!fresh[i]) return;
      form.dataset.address = fresh[i].dataset.address ?? "";
      const controls = [...fresh[i].elements];
      for (const control of form.elements) {
        const same = controls.find((other) => other.name === control.name && (other.type !== "checkbox" || other.value === control.value));
        if (!control.name || !same || control === document.activeElement) continue;
        if (control.type === "checkbox") control.checked = same.checked;
        else if (control.type === "select-one") control.replaceChildren(...[...same.children].map((child) => child.cloneNode(true)));
        else if (control.type !== "submit") control.value = same.value;
      }
      form.dispatchEvent(new CustomEvent("refined"));
    });
  }

  function takeParts(form, page) {
    for (const part of partsOf(form)) {
      const held = part.contains(document.activeElement) ? document.activeElement : undefined;
      part.replaceChildren(...[...page.getElementById(part.id).childNodes].map((node) => document.adoptNode(node)));
      if (held) (document.getElementById(held.id || "-") ?? part).focus({ preventScroll: true });
      drawCharts(part);
    }
  }

  // The link to the other language leads to what is shown now.
  function takeLanguage(page) {
    const link = document.querySelector("a[hreflang]");
    const same = page.querySelector("a[hreflang]");
    if (link && same) link.href = same.getAttribute("href");
  }

  async function refine(form, address, { step = true } = {}) {
    clearTimeout(timer);
    latest?.abort();
    const own = latest = new AbortController();
    const parts = partsOf(form);
    for (const part of parts) part.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { signal: own.signal });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (own.signal.aborted) return;
      takeParts(form, page);
      takeControls(page);
      takeLanguage(page);
      if (step) {
        const now = new URL(form.dataset.address || address, location.href);
        const record = form.dataset.history === "push" && now.pathname + now.search !== shown ? "pushState" : "replaceState";
        history[record](null, "", now);
      }
      shown = location.pathname + location.search;
      for (const part of parts) part.removeAttribute("aria-busy");
    } catch (fault) {
      if (fault.name !== "AbortError") location.assign(address); // shows what is wrong
    }
  }

  document.addEventListener("input", ({ target }) => {
    if (!target.form?.matches(marked)) return;
    for (const output of target.form.querySelectorAll("output")) if (output.htmlFor.contains(target.id)) output.value = target.value;
  });
  document.addEventListener("change", ({ target }) => {
    const form = target.form;
    if (!form?.matches(marked) || !target.name || target.closest("[data-wait]")) return;
    clearTimeout(timer);
    timer = setTimeout(() => refine(form, addressOf(form)), PAUSE_MS);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(marked)) return;
    event.preventDefault();
    refine(event.target, addressOf(event.target, event.submitter));
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-refines]");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    refine(document.getElementById(link.dataset.refines), link.href);
  });
  addEventListener("popstate", () => {
    const form = document.querySelector(`${marked}[data-history=push]`);
    if (form && location.pathname + location.search !== shown) refine(form, location.href, { step: false });
  });
})();
