// Draws every <canvas data-chart> with Chart.js, in the colours of the style sheet. Whoever made the page has made
// all texts and figures; nothing is computed here. `drawCharts(element)` draws what was put into the page later.
(() => {
  "use strict";
  const root = document.documentElement;
  const language = root.lang;
  const colon = language === "fr" ? "\u00a0: " : ": ";
  const drawn = new Map();
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let printing = false; // paper takes the drawing as it is at that moment

  // Scripts are told of printing while the page is still dressed for the screen, which may be dark: the colours of
  // paper come from the palette's rule for it.
  const paper = [...document.styleSheets].flatMap(({ cssRules }) => [...cssRules])
    .filter((rule) => rule.media?.mediaText === "print").flatMap(({ cssRules }) => [...cssRules])
    .find(({ selectorText }) => selectorText === ":root")?.style;
  const colour = (name) => ((printing && paper?.getPropertyValue(`--${name}`))
    || getComputedStyle(root).getPropertyValue(`--${name}`)).trim();
  const number = (value, options) => new Intl.NumberFormat(language, options).format(value);

  // Stripes, dots and a plain ground: a series is known by its pattern as well as by its colour.
  function pattern(kind, ground) {
    const size = 8;
    const tile = document.createElement("canvas");
    tile.width = tile.height = size;
    const pen = tile.getContext("2d");
    pen.fillStyle = ground;
    pen.fillRect(0, 0, size, size);
    pen.strokeStyle = pen.fillStyle = colour("surface");
    pen.lineWidth = 1.6;
    pen.globalAlpha = 0.75;
    if (kind === "stripes") {
      pen.beginPath();
      for (const shift of [-size, 0, size]) {
        pen.moveTo(shift, size);
        pen.lineTo(shift + size, 0);
      }
      pen.stroke();
    } else {
      pen.beginPath();
      pen.arc(size / 2, size / 2, 1.4, 0, 2 * Math.PI);
      pen.fill();
    }
    return pen.createPattern(tile, "repeat");
  }

  const paints = {
    plain: () => colour("plain"),
    good: () => colour("good"),
    bad: () => pattern("stripes", colour("bad")),
    unknown: () => pattern("dots", colour("unknown")),
  };

  const isNarrow = () => !printing && innerWidth < 700;

  // A long label on several lines of about `width` characters.
  function wrap(text, width) {
    const lines = [""];
    for (const word of text.split(" ")) {
      const last = lines[lines.length - 1];
      if (last && last.length + word.length >= width) lines.push(word);
      else lines[lines.length - 1] = last ? `${last} ${word}` : word;
    }
    return lines;
  }

  // The line that marks the client, or the threshold, across a histogram.
  const markLine = {
    id: "markLine",
    afterDatasetsDraw(chart, _, { mark }) {
      if (!mark) return;
      const { ctx: pen, chartArea: area, scales } = chart;
      const x = scales.x.getPixelForValue(mark.at);
      const right = x > (area.left + area.right) / 2;
      pen.save();
      pen.strokeStyle = pen.fillStyle = colour("mark");
      pen.lineWidth = 2;
      pen.setLineDash([5, 3]);
      pen.beginPath();
      pen.moveTo(x, area.top - 4);
      pen.lineTo(x, area.bottom);
      pen.stroke();
      pen.setLineDash([]);
      pen.beginPath();
      pen.moveTo(x - 5, area.top - 10);
      pen.lineTo(x + 5, area.top - 10);
      pen.lineTo(x, area.top - 2);
      pen.fill();
      pen.font = `600 13px ${Chart.defaults.font.family}`;
      pen.textAlign = right ? "right" : "left";
      pen.fillText(mark.label, x + (right ? -9 : 9), area.top - 3);
      pen.restore();
    },
  };

  // The figure at the end of each lying bar: {at, text, left}; of a waterfall also the lines from bar to bar.
  const barFigures = {
    id: "barFigures",
    afterDatasetsDraw(chart, _, { figures, connected }) {
      if (!figures) return;
      const pen = chart.ctx;
      const bars = chart.getDatasetMeta(0).data;
      pen.save();
      pen.fillStyle = colour("ink");
      pen.textBaseline = "middle";
      pen.lineJoin = "round";
      figures.forEach(({ at, text, left, strong }, i) => {
        const x = chart.scales.x.getPixelForValue(at);
        pen.font = `${strong ? "600 " : ""}13px ${Chart.defaults.font.family}`;
        pen.textAlign = left ? "right" : "left";
        pen.strokeStyle = colour("surface"); // keeps the figure clear of the lines that cross it
        pen.lineWidth = 4;
        pen.strokeText(text, x + (left ? -5 : 5), bars[i].y);
        pen.fillText(text, x + (left ? -5 : 5), bars[i].y);
        pen.strokeStyle = colour("line-strong");
        pen.lineWidth = 1;
        if (!connected || i + 1 === bars.length) return;
        pen.beginPath();
        pen.moveTo(x, bars[i].y + bars[i].height / 2);
        pen.lineTo(x, bars[i + 1].y - bars[i + 1].height / 2);
        pen.stroke();
      });
      pen.restore();
    },
  };

  // Places on a curve that readers look for, with their names.
  const namedSpots = {
    id: "namedSpots",
    afterDatasetsDraw(chart, _, { spots }) {
      if (!spots) return;
      const { ctx: pen, chartArea: area, scales } = chart;
      pen.save();
      pen.font = `600 13px ${Chart.defaults.font.family}`;
      pen.lineJoin = "round";
      for (const spot of spots) {
        const x = scales.x.getPixelForValue(spot.x);
        const y = scales.y.getPixelForValue(spot.y);
        const right = x > (area.left + area.right) / 2;
        pen.beginPath();
        pen.arc(x, y, 6, 0, 2 * Math.PI);
        pen.fillStyle = colour("mark");
        pen.strokeStyle = colour("surface");
        pen.lineWidth = 2;
        pen.fill();
        pen.stroke();
        pen.lineWidth = 4;
        pen.textAlign = right ? "right" : "left";
        const place = [spot.label, x + (right ? -4 : 4), y + (spot.below ? 22 : -13)];
        pen.strokeText(...place);
        pen.fillText(...place);
      }
      pen.restore();
    },
  };

  function scale(extra = {}) {
    const { grid, ticks, title, ...rest } = extra;
    return {
      border: { display: false },
      grid: { color: colour("line"), tickLength: 4, ...grid },
      ticks: { color: colour("ink-2"), ...ticks },
      title: { display: Boolean(title), text: title, color: colour("ink-2"), padding: 2 },
      ...rest,
    };
  }

  const signed = (value, least, most) => number(value, {
    minimumFractionDigits: least, maximumFractionDigits: most, signDisplay: "exceptZero",
  }).replace("-", "−");

  const counts = (value) => number(value, { notation: "compact", maximumFractionDigits: Math.abs(value) < 1 ? 4 : 1 });

  function common(data, plugins) {
    return {
      maintainAspectRatio: false,
      animation: still.matches || printing || data.still ? false : { duration: 250 },
      plugins: {
        legend: { display: false },
        tooltip: { displayColors: false, callbacks: {} },
        markLine: { mark: data.mark },
        barFigures: {},
        namedSpots: { spots: data.spots },
        ...plugins,
      },
    };
  }

  const share = (value) => number(value, { style: "percent", maximumFractionDigits: 1 });
  // The figures on an axis: shares as percent, numbers as Chart.js writes them.
  const shares = (are) => (are ? { callback: share } : {});
  const zeroLine = { color: ({ tick }) => colour(tick?.value === 0 ? "line-strong" : "line") };

  const legend = () => ({
    display: true,
    position: "bottom",
    labels: { color: colour("ink"), boxWidth: 14, boxHeight: 14 },
  });

  function series(data, points) {
    return data.series.map(({ label, paint, values }) => ({
      label,
      data: points(values),
      backgroundColor: values.map((_, i) => (data.series.length > 1 && paint === "good" ? colour("good-pale")
        : i === data.highlight && paint === "plain" ? colour("accent") : paints[paint]())),
      borderColor: colour("surface"),
      borderWidth: paint === "plain" ? 0 : { top: 1, right: 1, bottom: 0, left: 0 },
      barPercentage: 1,
      categoryPercentage: 0.94,
    }));
  }

  const kinds = {
    histogram(data) {
      const bins = data.labels.length;
      const several = data.series.length > 1;
      const options = common(data, {
        legend: several && !data.legend_apart ? legend() : { display: false },
        tooltip: {
          displayColors: false,
          callbacks: {
            title: ([item]) => data.labels[Math.floor(item.parsed.x)],
            label: (item) => `${item.dataset.label}${colon}${number(item.parsed.y)}`,
          },
        },
      });
      options.layout = { padding: { top: data.mark ? 18 : 0, right: 8 } };
      options.interaction = { mode: "nearest", axis: "x", intersect: false };
      options.scales = {
        x: scale({
          type: "linear",
          min: 0,
          max: bins,
          offset: false,
          stacked: true,
          title: data.x,
          grid: { display: false },
          ticks: {
            stepSize: 1,
            maxRotation: 0,
            autoSkip: true,
            autoSkipPadding: 14,
            callback: (value) => data.edges[value] ?? "",
          },
        }),
        y: scale({ stacked: true, beginAtZero: true, title: data.y, ticks: { maxTicksLimit: 5, callback: counts } }),
      };
      const datasets = series(data, (values) => values.map((y, i) => ({ x: i + 0.5, y })));
      return { type: "bar", data: { datasets }, options };
    },

    categories(data) {
      const several = data.series.length > 1;
      const options = common(data, {
        legend: several && !data.legend_apart ? legend() : { display: false },
        tooltip: {
          displayColors: false,
          callbacks: { label: (item) => (several ? `${item.dataset.label}${colon}` : "") + number(item.parsed.x) },
        },
      });
      delete options.plugins.markLine.mark;
      options.indexAxis = "y";
      options.interaction = { mode: "nearest", axis: "y", intersect: false };
      options.scales = {
        x: scale({ stacked: true, beginAtZero: true, title: data.x, ticks: { maxTicksLimit: 4, callback: counts } }),
        y: scale({ stacked: true, grid: { display: false }, ticks: { autoSkip: false } }),
      };
      const labels = data.labels.map((label, i) => wrap(i === data.highlight ? `▸ ${label}` : label, data.wide ? 44 : 24));
      return { type: "bar", data: { labels, datasets: series(data, (values) => values) }, options };
    },

    // Categories whose series are to be compared with each other.
    beside(data) {
      const chart = kinds.categories(data);
      for (const axis of Object.values(chart.options.scales)) axis.stacked = false;
      return chart;
    },

    diverging(data) {
      const format = (value) => signed(value, data.decimals, data.decimals);
      const { values, label, paint } = data.series[0];
      // Which side is good news: the right one, unless the series says that more of it is bad, or neither.
      const [left, right] = { bad: ["good", "bad"], unknown: ["plain", "plain"] }[paint] ?? ["bad", "good"];
      const narrow = isNarrow();
      const options = common(data, {
        barFigures: { figures: values.map((at) => ({ at, text: format(at), left: at < 0 })) },
        tooltip: {
          displayColors: false,
          callbacks: { title: ([item]) => data.labels[item.dataIndex], label: (item) => `${format(item.parsed.x)} ${label}` },
        },
      });
      options.indexAxis = "y";
      options.layout = { padding: { right: narrow ? 28 : 8 } }; // room for the figure of the longest bar
      options.scales = {
        x: scale({ grace: narrow ? "30%" : "18%", title: data.x, ticks: { maxTicksLimit: narrow ? 4 : 9, callback: (value) => signed(value, 0, data.decimals) } }),
        y: scale({
          grid: { display: false },
          ticks: { autoSkip: false, color: colour("ink"), font: { size: narrow ? 12 : 14 } },
        }),
      };
      const labels = data.labels.map((text) => wrap(text, printing ? 64 : narrow ? 20 : 44));
      const backgroundColor = values.map((value) => paints[value < 0 ? left : right]());
      const datasets = [{ data: values, backgroundColor, barPercentage: 0.8, categoryPercentage: 0.92 }];
      return { type: "bar", data: { labels, datasets }, options };
    },

    doughnut(data) {
      const { values } = data.series[0];
      const total = values.reduce((sum, value) => sum + value, 0);
      const part = (value) => share(value / total);
      const options = common(data, {
        legend: { ...legend(), position: innerWidth < 500 ? "bottom" : "right" },
        tooltip: {
          displayColors: false,
          callbacks: { label: (item) => `${number(item.parsed)} (${part(item.parsed)})` },
        },
      });
      options.plugins.legend.labels.font = { size: 15 };
      options.cutout = "62%";
      const backgroundColor = ["good", "bad", "unknown"].slice(0, values.length).map((paint) => paints[paint]());
      const datasets = [{ data: values, backgroundColor, borderColor: colour("surface"), borderWidth: 2 }];
      const labels = data.labels.map((label, i) => `${label}${colon}${part(values[i])}`);
      return { type: "doughnut", data: { labels, datasets }, options };
    },
  };

  // Steps from one total to another.
  kinds.waterfall = (data) => {
    const { steps, totals } = data;
    const last = steps.length + 1;
    const names = [data.start_label, ...data.labels, data.end_label];
    const isTotal = (i) => i === 0 || i === last;
    const total = (i) => totals[Math.min(i, steps.length)];
    const whole = (value) => number(value, { maximumFractionDigits: 0 });
    const figure = (i) => (isTotal(i) ? whole(total(i)) : signed(steps[i - 1], data.decimals, data.decimals));
    const narrow = isNarrow();
    const room = narrow ? 0.16 * (data.x_range[1] - data.x_range[0]) : 0; // figures take a larger part there
    const [low, high] = [data.x_range[0] - room, data.x_range[1] + room];
    const options = common(data, {
      barFigures: {
        connected: true,
        figures: names.map((_, i) => ({ at: total(i), text: figure(i), left: !isTotal(i) && steps[i - 1] < 0, strong: isTotal(i) })),
      },
      tooltip: {
        displayColors: false,
        callbacks: {
          title: ([item]) => names[item.dataIndex],
          label: ({ dataIndex: i }) => `${figure(i)} ${data.step_label}${isTotal(i) ? "" : ` → ${whole(total(i))}`}`,
        },
      },
    });
    options.indexAxis = "y";
    options.layout = { padding: { top: data.mark ? 18 : 0, right: 8 } };
    options.scales = {
      x: scale({
        min: low, max: high, title: data.x,
        ticks: { maxTicksLimit: narrow ? 4 : 9, maxRotation: 0, includeBounds: false, callback: whole },
      }),
      y: scale({
        grid: { display: false },
        ticks: { autoSkip: false, color: colour("ink"), font: ({ index }) => ({ size: narrow ? 12 : 14, weight: isTotal(index) ? 600 : 400 }) },
      }),
    };
    const bars = names.map((_, i) => [isTotal(i) ? low : totals[i - 1], total(i)]);
    const backgroundColor = bars.map(([from, to], i) => (i === 0 ? colour("plain") : i === last ? colour("accent") : paints[to < from ? "bad" : "good"]()));
    const labels = names.map((text) => wrap(text, printing ? 64 : narrow ? 20 : 44));
    const datasets = [{ data: bars, backgroundColor, minBarLength: 2, barPercentage: 0.8, categoryPercentage: 0.92 }];
    return { type: "bar", data: { labels, datasets }, options };
  };

  // Curves over a numeric x, each with its band of confidence where it has one.
  kinds.lines = (data) => {
    const paint = (series, i) => series.paint === "plain" ? colour(["accent", "bad", "good", "unknown"][i % 4]) : colour(series.paint);
    const veil = (ink) => `color-mix(in srgb, ${ink} 16%, transparent)`;
    const dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3]];
    const written = (value, isShare, decimals) => (isShare ? share(value) : number(value, { maximumFractionDigits: decimals }));
    const datasets = data.series.flatMap((series, i) => {
      const at = (values) => values.map((y, j) => ({ x: data.points[j], y }));
      const ink = paint(series, i);
      const shape = { pointRadius: 0, borderWidth: 2, stepped: series.stepped, spanGaps: false };
      const line = { ...shape, label: series.label, data: at(series.values), borderColor: ink, backgroundColor: ink,
        borderDash: series.dashed ? [5, 4] : dashes[i % 4], pointRadius: data.points.length < 16 && !series.dashed ? 3 : 0 };
      if (!series.low) return [line];
      const edge = { ...shape, borderWidth: 0, band: true };
      return [{ ...edge, data: at(series.low) }, { ...edge, data: at(series.high), fill: "-1", backgroundColor: veil(ink) }, line];
    });
    // The legend shows lines as they are drawn.
    const dashed = (chart) => Chart.defaults.plugins.legend.labels.generateLabels(chart)
      .map((item) => ({ ...item, lineDash: chart.data.datasets[item.datasetIndex].borderDash ?? [], lineWidth: 2 }));
    const options = common(data, {
      legend: data.series.length > 1
        ? { ...legend(), labels: { ...legend().labels, usePointStyle: true, pointStyle: "line", pointStyleWidth: 34, generateLabels: dashed, filter: (item, all) => !all.datasets[item.datasetIndex].band } }
        : { display: false },
      tooltip: {
        filter: (item) => !item.dataset.band,
        callbacks: {
          title: ([item]) => item && written(item.parsed.x, data.x_share, data.x_decimals),
          label: (item) => `${item.dataset.label}${colon}${written(item.parsed.y, data.y_share, data.decimals)}`,
        },
      },
    });
    options.layout = { padding: { top: data.mark ? 18 : 4, right: 10 } };
    options.interaction = { mode: "index", axis: "x", intersect: false };
    const axis = (title, range, extra) => scale({
      type: "linear", title, ...(range ? { min: range[0], max: range[1] } : {}), ...extra,
    });
    options.scales = {
      x: axis(data.x, data.x_range, { ticks: { maxTicksLimit: 8, maxRotation: 0, ...shares(data.x_share) }, grid: { display: false } }),
      y: axis(data.y, data.y_range, { ticks: { maxTicksLimit: 6, ...shares(data.y_share) } }),
    };
    return { type: "line", data: { datasets }, options };
  };

  // Points, coloured from low to high; with names of rows, a beeswarm.
  kinds.points = (data) => {
    const ends = [colour("tone-low"), colour("tone-high")];
    const tint = (tone) => tone === null ? colour("unknown")
      : `color-mix(in oklab, ${ends[1]} ${Math.round(tone * 100)}%, ${ends[0]})`;
    const points = data.xs.map((x, i) => ({ x, y: data.ys[i] }));
    const ink = data.tones ? data.tones.map(tint) : colour("accent");
    const narrow = isNarrow();
    const options = common(data, {
      tooltip: {
        enabled: !data.rows,
        displayColors: false,
        callbacks: {
          label: ({ parsed: { x, y } }) => [
            `${data.x ?? ""}${data.x ? colon : ""}${data.x_share ? share(x) : number(x)}`,
            `${data.y ?? ""}${data.y ? colon : ""}${number(y, { maximumFractionDigits: 1 })}`,
          ],
        },
      },
    });
    options.animation = false;
    options.scales = {
      x: scale({ type: data.logarithmic ? "logarithmic" : "linear", title: data.x, grid: data.rows ? zeroLine : {}, ticks: { maxTicksLimit: 7, maxRotation: 0, ...shares(data.x_share) } }),
      y: data.rows
        ? scale({
          type: "linear", reverse: true, min: -0.6, max: data.rows.length - 0.4,
          afterBuildTicks: (axis) => { axis.ticks = data.rows.map((_, value) => ({ value })); },
          grid: { display: false },
          ticks: { autoSkip: false, color: colour("ink"), font: { size: narrow ? 10 : 13 },
            callback: (value) => wrap(data.rows[value] ?? "", narrow ? 16 : 40) },
        })
        : scale({ type: "linear", title: data.y, grid: zeroLine, ticks: { maxTicksLimit: 6 } }),
    };
    const radius = data.rows ? (narrow ? 1.2 : 1.8) : 2.6;
    const datasets = [{ data: points, pointRadius: radius, pointHoverRadius: radius + 2, pointBackgroundColor: ink, pointBorderWidth: 0 }];
    return { type: "scatter", data: { datasets }, options };
  };

  function draw(canvas) {
    drawn.get(canvas)?.destroy();
    const data = JSON.parse(canvas.dataset.chart);
    data.wide = canvas.parentElement.clientWidth > 560;
    drawn.set(canvas, new Chart(canvas, { ...kinds[data.kind](data), plugins: [markLine, barFigures, namedSpots] }));
  }

  // Charts wait their turn and are drawn one a task, those in sight first: the page stays answerable meanwhile.
  let waiting = [];
  const soon = window.requestIdleCallback ?? ((task) => setTimeout(task, 0));

  function drawNext() {
    const canvas = waiting.shift();
    if (canvas?.isConnected) draw(canvas);
    if (waiting.length) soon(drawNext);
  }

  function drawAll(within = document, atOnce = false) {
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 13;
    Chart.defaults.locale = language;
    for (const canvas of drawn.keys()) {
      if (canvas.isConnected) continue;
      drawn.get(canvas).destroy();
      drawn.delete(canvas);
    }
    const wanted = [...within.querySelectorAll("canvas[data-chart]")];
    if (atOnce) {
      waiting = waiting.filter((canvas) => !wanted.includes(canvas));
      wanted.forEach(draw);
      return;
    }
    const away = new Map(wanted.map((canvas) => [canvas, Math.max(0, canvas.getBoundingClientRect().top - innerHeight)]));
    const idle = waiting.length === 0;
    waiting = waiting.filter((canvas) => !away.has(canvas)).concat(wanted.sort((one, other) => away.get(one) - away.get(other)));
    if (idle && waiting.length) soon(drawNext);
  }

  const redraw = () => drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  for (const event of ["beforeprint", "afterprint"]) {
    addEventListener(event, () => {
      printing = event === "beforeprint";
      root.classList.toggle("on-paper", printing); // gives drawings the sizes they have there
      drawAll(document, true); // what is printed cannot wait
    });
  }
  document.fonts.ready.then(redraw);
  window.drawCharts = drawAll;
})();
