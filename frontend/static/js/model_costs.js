// The page of costs: while a cost is moved, threshold, decisions, money and curve follow at once, from the counts
// that came with the page. What is computed and written here is what the server writes for the same address.
(() => {
  "use strict";
  const section = document.getElementById("costs");
  if (!section) return;
  const form = section.querySelector("form");
  const counts = JSON.parse(section.dataset.counts);
  const figures = [...document.querySelectorAll("[data-figure]")];
  const curve = document.querySelector("#cost-curve canvas");
  const curveCosts = [...document.querySelectorAll("#cost-curve tbody td:last-child")];
  const ownLabel = document.querySelector(".policies thead th:nth-child(3)").textContent;
  const chosenLabel = document.querySelector(".policies thead th:nth-child(2)").textContent;
  const TOLERANCE = 1e-9; // thresholds come with ten digits

  const language = document.documentElement.lang;
  const write = (value, options) => Number.isFinite(value)
    ? new Intl.NumberFormat(language, options).format(value).replace("-", "−") : "–";
  const whole = (value) => write(value, { maximumFractionDigits: 0 });
  const share = (value) => write(value, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const money = (value) => {
    const digits = value === 0 || Math.abs(value) >= 100 ? 0 : 2;
    return write(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  };

  // What refusing from a cut on does to all clients; cut 0 refuses nobody.
  function outcome(cut, costs) {
    const refused = counts.refused[cut];
    const positives = counts.positives[cut];
    const missed = counts.defaults - positives;
    const refusedGood = refused - positives;
    const cost = (missed * costs.missed + refusedGood * costs.refused) / counts.clients;
    return {
      refused_repaid: refusedGood, refused_defaulted: positives, granted_defaulted: missed,
      granted_repaid: counts.clients - counts.defaults - refusedGood, granted: counts.clients - refused, refused,
      refused_part: refused / counts.clients, recall: positives / counts.defaults,
      good: refusedGood / (counts.clients - counts.defaults),
      cost_client: cost, cost_thousand: 1000 * cost,
      savings: 1000 * (counts.defaults * costs.missed / counts.clients - cost),
    };
  }

  // The last cut at or above the threshold.
  function cutAt(threshold) {
    let cut = 0;
    while (cut + 1 < counts.thresholds.length && counts.thresholds[cut + 1] >= threshold - TOLERANCE) cut++;
    return cut;
  }

  // A text for every data-figure of the page.
  function textsOf(policies) {
    const texts = {};
    for (const [name, { threshold, ...policy }] of Object.entries(policies)) {
      texts[`${name}.threshold`] = share(threshold);
      texts[`${name}.refused`] = share(policy.refused_part);
      for (const figure of ["recall", "good"]) texts[`${name}.${figure}`] = share(policy[figure]);
      for (const figure of ["cost_client", "cost_thousand", "savings"]) texts[`${name}.${figure}`] = money(policy[figure]);
    }
    for (const field of ["granted_repaid", "granted_defaulted", "refused_repaid", "refused_defaulted", "granted", "refused"]) {
      texts[field] = whole(policies.chosen[field]);
      texts[`${field}_share`] = share(policies.chosen[field] / counts.clients);
    }
    return texts;
  }

  function say(name, kind, values) {
    const sentence = section.querySelector(`[data-sentence="${name}"]`);
    const text = sentence.dataset[kind].replaceAll(/\{(\w+)\}/g, (_, key) => values[key]);
    if (sentence.textContent !== text) sentence.textContent = text;
  }

  function saySaving(name, saved, cost) {
    const kind = Math.abs(saved) < 0.005 ? "same" : saved > 0 ? "less" : "more";
    say(name, kind, { amount: money(Math.abs(saved)), cost: money(cost) });
  }

  function drawCurve(policies, costs) {
    const data = JSON.parse(curve.dataset.chart);
    const cost = (cut) => outcome(cut, costs).cost_thousand;
    data.series[0].values = counts.shown.map(cost);
    const { own, chosen } = policies;
    const within = ({ threshold }) => threshold >= data.points[0] && threshold <= data.points.at(-1);
    data.spots = [{ ...own, label: ownLabel, below: false }, { ...chosen, label: chosenLabel, below: true }]
      .filter((spot, i) => within(spot) && !(i && Math.abs(spot.threshold - own.threshold) < TOLERANCE))
      .map(({ threshold, cost_thousand, label, below }) => ({ x: threshold, y: cost_thousand, label, below }));
    data.still = true;
    curve.dataset.chart = JSON.stringify(data);
    drawCharts(curve.closest("figure"), true);
    counts.rows.forEach((cut, i) => { curveCosts[i].textContent = money(cost(cut)); });
  }

  const field = (name) => form.elements.namedItem(name);
  const typed = (input) => Number(input.value.replaceAll(/\s/g, "").replace(",", ".") || NaN);
  const mark = language === "fr" ? "," : ".";

  // What was typed, or NaN and the field says what is wrong.
  function read(input) {
    const value = typed(input);
    const fits = value >= 0.01 && value <= 1e9;
    input.setCustomValidity(fits ? "" : input.dataset.wrong);
    return fits ? value : NaN;
  }

  function update() {
    const costs = { missed: read(field("missed_cost")), refused: read(field("refused_cost")) };
    if (!(costs.missed && costs.refused)) return; // the field says what is wrong when it is left
    const threshold = costs.refused / (costs.refused + costs.missed);
    const policies = {
      chosen: { ...outcome(cutAt(threshold), costs), threshold },
      own: { ...outcome(cutAt(counts.own), costs), threshold: counts.own },
      all: { ...outcome(0, costs), threshold: NaN },
    };
    const texts = textsOf(policies);
    for (const cell of figures) if (texts[cell.dataset.figure]) cell.textContent = texts[cell.dataset.figure];
    const shown = { threshold: share(threshold), own: share(counts.own) };
    say("choice", shown.threshold === shown.own ? "same" : "other", shown);
    saySaving("all", policies.chosen.savings, policies.chosen.cost_thousand);
    saySaving("own", policies.own.cost_thousand - policies.chosen.cost_thousand, policies.chosen.cost_thousand);
    drawCurve(policies, costs);
  }

  // The address holds the costs, so that it can be sent to others and the browser's buttons lead back to it.
  function keep() {
    if (!form.reportValidity()) return;
    const address = new URL(location.href);
    address.search = new URLSearchParams(new FormData(form));
    history.replaceState(null, "", address);
  }

  for (const slider of form.querySelectorAll("input[type=range]")) {
    const number = field(slider.dataset.for);
    read(number);
    slider.addEventListener("input", () => {
      number.value = slider.value.replace(".", mark);
      update();
    });
    number.addEventListener("input", () => {
      slider.value = typed(number);
      update();
    });
    for (const input of [slider, number]) input.addEventListener("change", keep);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keep();
  });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) update(); });
})();
