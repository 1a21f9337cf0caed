// Lets what a page shows be refined without leaving it. A form names the parts of the page that it replaces: the same
// page is asked for with the new choice, and those parts are taken over. Without scripts the form's button, or a link,
// does the same with the whole page.
//
//   <form id="F" data-replaces="part other">  what changes in it is asked for at once, but for what is in an element
//                                             with data-wait: that waits for a button. What other forms have chosen is
//                                             kept; hidden fields repeat it for browsers without scripts.
//   data-address="…"                          the page's whole state as an address, where that is not what was asked for
//   data-history="push"                       each change is a step that the back button undoes
//   <a data-refines="F">                      the same by a link
//   <div id="part" data-said="…">             what to say of the new part, in the form's [data-says]
(() => {
  "use strict";
  const PAUSE_MS = 100; // several changes in a row are one
  const REFINING = "form[data-replaces]";
  const waiting = new Set(); // forms whose parts are to be replaced by the next answer
  let shown = location.pathname + location.search;
  let wanted = new URL(location); // with everything that was chosen since
  let latest, timer;

  const partsOf = (form) => form.dataset.replaces.split(" ").map((id) => document.getElementById(id)).filter(Boolean);

  // The address with the choice of this form in place of its earlier one. A hidden field counts only where it stands
  // for "none" of other fields of its name.
  function addressWith(form, submitter) {
    const address = new URL(wanted);
    const own = new Set([...form.elements].filter(({ name, type }) => name && type !== "hidden").map(({ name }) => name));
    for (const name of own) address.searchParams.delete(name);
    for (const [name, value] of new FormData(form, submitter)) if (own.has(name)) address.searchParams.append(name, value);
    address.hash = "";
    return address;
  }

  const isSame = (control, other) => control.name === other.name && control.type === other.type
    && (!["checkbox", "radio"].includes(control.type) || control.value === other.value);

  // The controls of all forms say what the answer says, but for what somebody is typing into.
  function takeControls(page) {
    const fresh = [...page.querySelectorAll(REFINING)];
    for (const [i, form] of document.querySelectorAll(REFINING).entries()) {
      for (const control of form.elements) {
        const same = control.name && [...fresh[i].elements].find((other) => isSame(control, other));
        if (!same || (control === document.activeElement && control.matches("input"))) continue;
        if (control.type === "checkbox" || control.type === "radio") control.checked = same.checked;
        else if (control.type !== "submit") {
          if (control.type === "select-one") control.replaceChildren(...same.cloneNode(true).childNodes);
          control.value = same.value;
        }
      }
      if (fresh[i].dataset.address) form.dataset.address = fresh[i].dataset.address;
      form.dispatchEvent(new CustomEvent("refined"));
    }
  }

  // Contents go over and not the parts themselves: a live region speaks only of what changes in it. The focus stays
  // where it was, or on the part when that is gone.
  function takeParts(form, page) {
    const says = form.querySelector("[data-says]");
    for (const part of partsOf(form)) {
      const fresh = page.getElementById(part.id);
      const focused = part.contains(document.activeElement) ? document.activeElement : undefined;
      part.replaceChildren(...document.adoptNode(fresh).childNodes);
      part.removeAttribute("aria-busy");
      if (focused) (document.getElementById(focused.id || "-") ?? part).focus({ preventScroll: true });
      if (says) says.textContent = fresh.dataset.said;
      drawCharts(part);
    }
  }

  // The link to the other language leads to what is shown now.
  function takeLanguage() {
    for (const link of document.querySelectorAll("a[hreflang]")) {
      const other = new URL(location);
      other.searchParams.set("lang", link.hreflang);
      link.href = other.pathname + other.search;
    }
  }

  function keep(form, address) {
    const now = new URL(form.dataset.address || address, location.href);
    const step = form.dataset.history === "push" && now.pathname + now.search !== shown;
    history[step ? "pushState" : "replaceState"](null, "", now);
    wanted = now;
  }

  async function refine(form, address, { keeps = true } = {}) {
    clearTimeout(timer);
    latest?.abort();
    const { signal } = latest = new AbortController();
    wanted = new URL(address, location.href);
    waiting.add(form);
    for (const part of partsOf(form)) part.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(wanted, { signal });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      signal.throwIfAborted();
      takeControls(page);
      for (const other of waiting) takeParts(other, page);
      waiting.clear();
      if (keeps) keep(form, address);
      shown = location.pathname + location.search;
      takeLanguage();
    } catch (fault) {
      if (fault.name !== "AbortError") location.assign(wanted); // shows what is wrong
    }
  }

  document.addEventListener("input", ({ target }) => {
    if (target.type !== "range" || !target.form?.matches(REFINING)) return;
    for (const output of target.form.querySelectorAll("output")) if (output.htmlFor.contains(target.id)) output.value = target.value;
  });
  document.addEventListener("change", ({ target }) => {
    const { form } = target;
    if (!form?.matches(REFINING) || !target.name || target.closest("[data-wait]")) return;
    wanted = addressWith(form); // what another form changes meanwhile adds to it
    waiting.add(form);
    clearTimeout(timer);
    timer = setTimeout(() => refine(form, wanted), PAUSE_MS);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(REFINING)) return;
    event.preventDefault();
    refine(event.target, addressWith(event.target, event.submitter));
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-refines]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    refine(document.getElementById(link.dataset.refines), link.href);
  });
  addEventListener("popstate", () => {
    const form = document.querySelector(`${REFINING}[data-history=push]`);
    if (form && location.pathname + location.search !== shown) refine(form, location.href, { keeps: false });
  });
})();
