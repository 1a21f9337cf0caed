// Batches: a file dropped in, how much of it is sent, how far it is scored. Without scripts the same form and pages do it.
(() => {
  "use strict";
  const language = document.documentElement.lang;
  const percent = (share) => new Intl.NumberFormat(language, { style: "percent" }).format(share);

  function sendInPlace(form) {
    const { most, tooLarge, none, title, sent, checking, stopped, lost, signedOut } = form.dataset;
    const input = form.querySelector("input[type=file]");
    const button = form.querySelector("button[type=submit]");
    const line = form.querySelector(".send-progress");
    const bar = line.querySelector("progress");
    const output = line.querySelector("output");
    const stop = line.querySelector("button");
    let key; // of what is chosen now: sent again, it is the same batch

    function tell(text) {
      const box = document.getElementById("send-message");
      const message = document.createElement("div");
      message.className = "message";
      for (const part of [title, text]) message.append(Object.assign(document.createElement("p"), { textContent: part }));
      message.firstChild.className = "message-title";
      box.replaceChildren(message);
    }

    function busy(on) {
      button.disabled = input.disabled = on;
      line.hidden = !on;
      bar.value = 0;
      output.value = "";
    }

    // The page that answers says what is wrong: its message is taken over.
    function takeMessage(html) {
      const page = new DOMParser().parseFromString(html, "text/html");
      const message = page.querySelector("#send-message");
      if (!message?.firstElementChild) return false;
      document.getElementById("send-message").replaceChildren(...[...document.adoptNode(message).childNodes]);
      return true;
    }

    function send(data) {
      const request = new XMLHttpRequest();
      const address = new URL(form.action);
      address.searchParams.set("key", key);
      request.open("POST", address);
      request.upload.onprogress = ({ loaded, total }) => {
        bar.max = total;
        bar.value = loaded;
        output.value = loaded < total ? sent.replace("{share}", percent(Math.floor(100 * loaded / total) / 100)) : checking;
      };
      request.onload = () => {
        const arrived = new URL(request.responseURL || form.action);
        if (request.status < 400 && arrived.pathname.startsWith("/batches/")) {
          location.assign(arrived);
          return;
        }
        busy(false);
        if (arrived.pathname.startsWith("/sign-in")) tell(signedOut);
        else if (!takeMessage(request.responseText)) tell(lost);
        input.focus();
      };
      request.onerror = () => { busy(false); tell(lost); input.focus(); };
      request.onabort = () => { busy(false); tell(stopped); input.focus(); };
      stop.onclick = () => request.abort();
      request.send(data);
    }

    function choose() {
      key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    }

    choose();
    input.addEventListener("change", choose);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const size = [...input.files].reduce((sum, file) => sum + file.size, 0);
      document.getElementById("send-message").replaceChildren();
      if (!input.files.length) return tell(none);
      if (most && size > Number(most)) return tell(tooLarge);
      const data = new FormData(form); // before the field is disabled, which would leave it out
      busy(true);
      stop.focus();
      send(data);
    });

    const drop = form.querySelector(".drop");
    for (const type of ["dragenter", "dragover"]) {
      addEventListener(type, (event) => {
        if (![...event.dataTransfer.types].includes("Files")) return;
        event.preventDefault();
        drop.classList.add("drop--over");
      });
    }
    addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("drop--over"); });
    addEventListener("drop", (event) => {
      if (!event.dataTransfer.files.length) return;
      event.preventDefault();
      drop.classList.remove("drop--over");
      if (input.disabled) return;
      input.files = event.dataTransfer.files;
      choose();
      input.focus();
    });
  }

  // What is still going on is asked for again, and taken over; who reads along by ear hears each new state.
  function followInPlace() {
    const live = document.getElementById("live");
    const pause = Number(live?.dataset.again);
    if (!pause) return;
    setTimeout(async () => {
      try {
        if (!document.hidden) await refresh(live);
      } catch {
        // The backend may be away for a moment: the page stays as it is, and asks again.
      }
      followInPlace();
    }, pause);
  }

  async function refresh(live) {
    const answer = await fetch(location.href);
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById("live");
    if (!next || live.innerHTML === next.innerHTML) return;
    const state = (root) => root.querySelector("#state-title .state")?.textContent;
    const changed = state(live) !== state(next);
    const held = live.contains(document.activeElement) && document.activeElement;
    live.replaceWith(document.adoptNode(next));
    const announce = document.getElementById("announce");
    if (changed && announce) announce.textContent = next.querySelector("#state-title").textContent;
    if (held) focusAgain(next, held);
  }

  // The same control of the new part, or its heading when there is none any more.
  function focusAgain(next, held) {
    const link = held.getAttribute("href");
    const same = link ? [...next.querySelectorAll("a")].find((one) => one.getAttribute("href") === link)
      : next.querySelector(held.tagName.toLowerCase());
    const target = same ?? next.querySelector("h2");
    if (target && !same) target.tabIndex = -1;
    target?.focus({ preventScroll: true });
  }

  const form = document.getElementById("send");
  if (form) sendInPlace(form);
  followInPlace();
})();
