// What is computed from measurements: medians, ratios, whether both sides did the same, whether a goal is met.

export function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function spread(values) {
    return { median: median(values), lowest: Math.min(...values), highest: Math.max(...values) };
}

/** Replaces {name} in each word of a command; an unknown name is an error. */
export function fill(words, values) {
    return words.map((word) => word.replace(/\{([a-z_.]+)\}/g, (whole, name) => {
        if (!Object.hasOwn(values, name)) throw new Error(`${whole} in "${word}" stands for nothing`);
        return values[name];
    }));
}

/** The figures that both sides print, side by side, and whether they agree: `checks` is figure → tolerance. */
export function compare(checks, ours, peer) {
    return Object.entries(checks ?? {}).map(([figure, tolerance]) => {
        const [a, b] = [ours[figure], peer[figure]];
        const allowed = (tolerance.absolute ?? 0) + (tolerance.relative ?? 0) * Math.abs(b);
        return { figure, ours: a ?? null, peer: b ?? null, same: Math.abs(a - b) <= allowed };
    });
}

/** One side's runs ({seconds, process_s, megabytes} each) as spreads. */
export function summarise(runs) {
    const of = (name) => spread(runs.map((run) => run[name]));
    return { seconds: of('seconds'), process_s: of('process_s'), megabytes: of('megabytes') };
}

/** Of runs that put a server under load, the latencies ({p50_ms, p99_ms}) as spreads; null for other runs. */
export function latencies(runs) {
    if (runs.some(({ printed }) => printed?.p99_ms === undefined)) return null;
    const of = (name) => spread(runs.map(({ printed }) => printed[name]));
    return { p50_ms: of('p50_ms'), p99_ms: of('p99_ms') };
}

/** How many times faster ours was, pair by pair. */
export function ratios(ours, peer) {
    return spread(ours.map((run, i) => peer[i].seconds / run.seconds));
}

/**
 * How figures grow: for each size, the runs' figures ({points: {SIZE: {FIGURE: number}}} printed by each) as spreads, and
 * how many times better ours was, pair by pair. `figures` say what is read ({name, more: true where more is better}).
 */
export function grow(figures, ours, peer) {
    return Object.keys(ours[0].printed.points).map((size) => ({
        size: Number(size),
        figures: Object.fromEntries(figures.map(({ name, more }) => {
            const of = (run) => run.printed.points[size]?.[name];
            const both = peer && peer.every((run) => of(run) !== undefined);
            return [name, {
                ours: spread(ours.map(of)),
                ...(both && { peer: spread(peer.map(of)),
                    ratio: spread(ours.map((run, i) => (more ? of(run) / of(peer[i]) : of(peer[i]) / of(run)))) }),
            }];
        })),
    }));
}

/** true, false, or null where a scenario has no goal. A ratio or latency is judged by its median, a ceiling by the worst run. */
export function isMet(goal, { ours, ratio, latency }) {
    if (!goal) return null;
    return (goal.times === undefined || ratio.median >= goal.times)
        && (!goal.p99_below_p50 || latency.ours.p99_ms.median < latency.peer.p50_ms.median)
        && (goal.seconds === undefined || ours.seconds.highest <= goal.seconds)
        && (goal.megabytes === undefined || ours.megabytes.highest <= goal.megabytes);
}

/** Of the results kept from earlier runs, those that were measured on the same machine with the same software stay. */
export function merge(kept, machine, results) {
    const same = kept && JSON.stringify(kept.machine) === JSON.stringify(machine);
    const rows = new Map((same ? kept.results : []).map((result) => [result.name, result]));
    for (const result of results) rows.set(result.name, result);
    return { machine, results: [...rows.values()] };
}
