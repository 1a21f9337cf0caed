// The list of features: found by a word, and no more chosen than can be shown at once.
(() => {
  "use strict";
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^\p{L}\p{N}_]+/gu, " ").toLowerCase();
  const picker = document.querySelector("[data-picker]");
  const filter = document.getElementById("picker-filter");
  const boxes = [...picker.querySelectorAll("input[type=checkbox]")];
  const limit = Number(picker.dataset.limit);

  function sift() {
    const words = fold(filter.value).split(" ").filter(Boolean);
    for (const theme of picker.querySelectorAll("fieldset")) {
      const title = theme.querySelector("legend").textContent;
      let any = false;
      for (const label of theme.querySelectorAll("label")) {
        const text = fold(`${title} ${label.textContent} ${label.firstElementChild.value}`);
        label.hidden = !words.every((word) => text.includes(word));
        any ||= !label.hidden;
      }
      theme.hidden = !any;
    }
    picker.querySelector("[data-none]").hidden = boxes.some((box) => !box.closest("label").hidden);
  }

  function hold() {
    const full = boxes.filter((box) => box.checked).length >= limit;
    for (const box of boxes) box.disabled = full && !box.checked;
    picker.toggleAttribute("data-is-full", full);
  }

  filter.addEventListener("input", sift);
  filter.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  picker.addEventListener("change", hold);
  picker.closest("form").addEventListener("refined", hold);
  hold();
  sift();
})();
