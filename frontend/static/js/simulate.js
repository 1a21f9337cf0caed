// Shows the result while somebody types: what differs from the file is sent, and the parts that change come back.
(() => {
  "use strict";

  const WAIT = 150; // ms after the last key
  const AGAIN = 5000; // ms until a backend that was away is asked again
  const form = document.getElementById("simulate");
  const said = document.getElementById("said");
  const language = form.dataset.lang;
  let waiting;
  let latest;

  const controls = () => [...form.elements].filter((control) => control.dataset.original !== undefined);
  const controlsOf = (field) => controls().filter(({ name }) => name === field || name.startsWith(`${field}.`));
  const wrapperOf = (control) => control.closest("[data-field]");
  const stands = (control) => control.type !== "radio" || control.checked;

  // A duration's parts go together, whichever of them differs.
  function address() {
    const there = new URL(form.action);
    const added = [];
    for (const wrapper of form.querySelectorAll("[data-field]")) {
      const parts = controlsOf(wrapper.dataset.field).filter(stands);
      if (parts.some((part) => part.value !== part.dataset.original))
        for (const part of parts) there.searchParams.set(part.name, part.value);
      else if (wrapper.closest("[data-added]"))
        added.push(wrapper.dataset.field);
    }
    if (added.length) there.searchParams.set("add", added.join(","));
    return there;
  }

  function takeNotes(live) {
    for (const note of live.querySelectorAll("[data-note]")) {
      const field = note.dataset.note;
      const wrapper = form.querySelector(`[data-field="${field}"]`);
      if (!wrapper) continue;
      const { changed, faulty, number, typed } = note.dataset;
      wrapper.classList.toggle("simulate-field--changed", changed === "1");
      wrapper.classList.toggle("simulate-field--faulty", faulty === "1");
      const reset = wrapper.querySelector("[data-reset]");
      reset.hidden = !changed && !wrapper.closest("[data-added]");
      reset.firstChild.textContent = changed ? reset.dataset.changed : reset.dataset.unchanged;
      for (const control of controlsOf(field)) {
        if (faulty) control.setAttribute("aria-invalid", "true");
        else control.removeAttribute("aria-invalid");
        if (number && !faulty && control !== document.activeElement) control.value = typed;
      }
      document.getElementById(`${field}-note`).innerHTML = note.innerHTML;
    }
  }

  function take(live) {
    for (const id of ["result", "strip", "reasons"])
      document.getElementById(id).innerHTML = live.querySelector(`#${id}`).innerHTML;
    takeNotes(live);
    history.replaceState(null, "", live.dataset.address);
    said.textContent = `${document.querySelector("#result-title span").textContent}. ${document.querySelector(".result-sentence").textContent}`;
  }

  async function update() {
    const there = address();
    latest?.abort();
    latest = new AbortController();
    const { signal } = latest;
    const asked = new URL(there);
    asked.searchParams.set("part", "live");
    document.getElementById("result").setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(asked, { signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const live = page.getElementById("live");
      if (live) {
        take(live);
      } else if (answer.status === 503) {
        said.textContent = form.dataset.away;
        said.classList.remove("hidden");
        waiting = setTimeout(update, AGAIN);
        return;
      } else {
        location.assign(there); // signs in again, or shows what is wrong
        return;
      }
      said.classList.add("hidden");
    } catch (fault) {
      if (fault.name === "AbortError") return;
      said.textContent = form.dataset.away;
      said.classList.remove("hidden");
      waiting = setTimeout(update, AGAIN);
    } finally {
      if (latest.signal === signal) document.getElementById("result").removeAttribute("aria-busy");
    }
  }

  function updateSoon() {
    clearTimeout(waiting);
    waiting = setTimeout(update, WAIT);
  }

  // ---- Steps ----

  const mark = language === "fr" ? "," : ".";
  const shown = new Intl.NumberFormat(language, { maximumFractionDigits: 4 });

  function numberIn(text) {
    const plain = text.replaceAll(language === "fr" ? /[\s€]/g : /[\s,$€£]/g, "").replace(mark, ".").replace("−", "-");
    return plain === "" || Number.isNaN(Number(plain)) ? undefined : Number(plain);
  }

  // To the next multiple of the step, so that amounts become round.
  function step(control, direction) {
    const size = Number(control.dataset.step);
    const value = numberIn(control.value) ?? numberIn(control.dataset.original) ?? 0;
    const steps = value / size;
    const whole = Math.round(steps);
    const next = Math.abs(steps - whole) < 1e-6 ? whole + direction : direction > 0 ? Math.ceil(steps) : Math.floor(steps);
    control.value = shown.format(Math.max(0, next * size)).replaceAll("\u00a0", "\u202f");
    updateSoon();
  }

  function addButtons(control) {
    const label = wrapperOf(control).querySelector("label").textContent;
    for (const [sign, said_, direction] of [["−", form.dataset.less, -1], ["+", form.dataset.more, 1]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.tabIndex = -1; // the keyboard has the arrows
      button.textContent = sign;
      button.setAttribute("aria-label", `${said_} – ${label}`);
      button.addEventListener("click", () => step(control, direction));
      if (direction < 0) control.before(button);
      else control.after(button);
    }
  }

  // ---- What the form and its links do ----

  function fill(control, value) {
    if (control.type === "radio") control.checked = control.value === value;
    else control.value = value;
  }

  function restore(field) {
    for (const control of controlsOf(field)) fill(control, control.dataset.original);
  }

  document.addEventListener("click", (event) => {
    const reset = event.target.closest("[data-reset]");
    const offered = event.target.closest("[data-fill]");
    const wrapper = (reset ?? offered) && form.querySelector(`[data-field="${reset?.dataset.reset ?? wrapperOf(offered).dataset.field}"]`);
    if (event.target.closest("#copy")) copy(event.target.closest("#copy"));
    if (!wrapper || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const [first] = controlsOf(wrapper.dataset.field);
    if (offered) {
      fill(first, offered.dataset.fill);
    } else if (controlsOf(wrapper.dataset.field).filter(stands).every((part) => part.value === part.dataset.original)) {
      const part = wrapper.closest("fieldset"); // one that was added and is not changed
      wrapper.remove();
      if (!part.querySelector("[data-field]")) part.remove();
    } else {
      restore(wrapper.dataset.field);
    }
    if (first.isConnected) first.focus({ preventScroll: true });
    else document.getElementById("add")?.focus();
    updateSoon();
  });

  document.getElementById("reset").addEventListener("click", (event) => {
    event.preventDefault();
    for (const wrapper of form.querySelectorAll("[data-field]")) restore(wrapper.dataset.field);
    updateSoon();
  });

  form.addEventListener("input", (event) => {
    if (event.target.dataset.original !== undefined) updateSoon();
  });
  form.addEventListener("change", (event) => {
    if (event.target.dataset.original !== undefined) updateSoon(); // numbers get their form when they are left
  });
  form.addEventListener("keydown", (event) => {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!direction || !event.target.dataset.step) return;
    event.preventDefault();
    step(event.target, direction);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = document.getElementById("add")?.value;
    clearTimeout(waiting);
    if (!chosen) {
      update();
      return;
    }
    const there = address();
    const added = there.searchParams.get("add");
    there.searchParams.set("add", added ? `${added},${chosen}` : chosen);
    there.hash = chosen;
    location.assign(there);
  });

  async function copy(button) {
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(location.href);
      button.textContent = button.dataset.copied;
      said.textContent = button.dataset.copied;
      setTimeout(() => { if (button.isConnected) button.textContent = label; }, 2000);
    } catch {
      prompt(label, location.href); // without HTTPS a page may not write there
    }
  }

  form.querySelectorAll(".stepped input").forEach(addButtons);
})();
