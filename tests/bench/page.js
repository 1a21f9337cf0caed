// docs/performance.md from the results, and the same rows for the terminal.

export const digits = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const range = ({ median, lowest, highest }, write = digits) => `${write(median)} (${write(lowest)}–${write(highest)})`;

function goalText(goal) {
    if (!goal) return '–';
    return [goal.times !== undefined && `≥ ${goal.times} ×`,
        goal.p99_below_p50 && 'p99 below its p50',
        goal.seconds !== undefined && `≤ ${goal.seconds} s`,
        goal.megabytes !== undefined && `≤ ${goal.megabytes} MB`].filter(Boolean).join(', ');
}

function verdict({ met, checks }) {
    if (checks.some((check) => !check.same)) return 'results differ';
    return met === null ? '–' : met ? 'yes' : '**no**';
}

/** One line for the terminal; of what grows, the largest size. */
export function line(result) {
    if (result.growth) {
        const { size, figures } = result.growth.points.at(-1);
        return `${result.name}: at ${size}, ${Object.entries(figures).map(([name, { ours, ratio }]) =>
            `${name} ${digits(ours.median)}${ratio ? ` (${digits(ratio.median)} ×)` : ''}`).join(', ')}: ${verdict(result).replaceAll('*', '')}`;
    }
    const against = result.peer
        ? `${range(result.ratio)} × ${result.peer_name} (${digits(result.peer.seconds.median)} s)`
        : `${digits(result.ours.megabytes.highest)} MB`;
    return `${result.name}: ${digits(result.ours.seconds.median)} s, ${against}; goal ${goalText(result.goal)}: `
        + verdict(result).replaceAll('*', '');
}

function table(head, rows) {
    return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function checkText({ checks, peer }) {
    if (!peer) return '–';
    return checks.map(({ figure, ours, peer: theirs }) => `${figure} ${ours} / ${theirs}`).join(', ') || 'not the same work';
}

/** The steps over HTTP: what a client saw. */
function latencyText(results) {
    const served = results.filter((r) => r.latency);
    if (!served.length) return '';
    const rows = served.map(({ name, latency: { ours, peer }, ours: { seconds }, peer: { seconds: theirs } }) => [
        `\`${name}\``, digits(1 / seconds.median), digits(1 / theirs.median),
        ...[ours.p50_ms, ours.p99_ms, peer.p50_ms, peer.p99_ms].map((spread) => range(spread))]);
    return `
## Over HTTP

${table(['step', 'ours, requests/s', 'peer, requests/s', 'ours, p50 ms', 'ours, p99 ms', 'peer, p50 ms', 'peer, p99 ms'], rows)}
`;
}

/** How the figures grow, a table for each thing that grows. */
function growthText(results) {
    const tables = results.filter((r) => r.growth).map((r) => {
        const { by, figures, points } = r.growth;
        const cell = ({ scale = 1, times }, figure, side) => {
            if (!figure[side]) return '–';
            return times && side === 'ratio' ? range(figure.ratio) : digits(figure[side].median * scale);
        };
        const head = figures.flatMap((figure) => [figure.title,
            ...(r.peer && !figure.alone ? [`the peer's`, ...(figure.times ? ['times faster'] : [])] : [])]);
        const rows = points.map((point) => [point.size, ...figures.flatMap((figure) => ['ours',
            ...(r.peer && !figure.alone ? ['peer', ...(figure.times ? ['ratio'] : [])] : [])]
            .map((side) => cell(figure, point.figures[figure.name], side)))]);
        const facts = [`${r.pairs} pairs`, r.date, `load before ${r.load.toFixed(1)}`, r.peer && `checked: ${checkText(r)}`];
        return `### \`${r.name}\`: ${r.title}

${r.peer ? `Peer: ${r.peer_name}. ` : ''}${r.note ? `${r.note} ` : ''}${facts.filter(Boolean).join('; ')}.

${table([by, ...head], rows)}
`;
    });
    return tables.length ? `\n## How the figures grow\n\nMedians.\n\n${tables.join('\n')}` : '';
}

const METHOD = `Written by \`make bench\`. It installs the peers from Debian, builds, prepares the data and then, for each step, runs ours and
the named peer turn about (A B A B …) on the same files, after one run of each that is not counted. Figures are the
median of the runs with the smallest and the largest in brackets; a ratio is taken pair by pair, so that what slows the
machine for a while slows both.

- *Seconds* are of the step alone: without the start of an interpreter, imports and, for methods, reading the examples. For
  features they include reading the CSV files. The second table has whole processes, as \`/usr/bin/time\` saw them.
- Both sides may use as many threads as the machine has processors, except XGBoost's training, which has the same fixed number on both
  sides. numpy computes with OpenBLAS; \`make bench\` refuses a slower one.
- Where both sides print the figures named under *checked*, they must agree, or the row says so and \`make bench\` fails. A
  missed goal does not fail: timings depend on the machine.
- The data: the generated portfolio is the same bytes on every machine; rows on real data need the Kaggle files.`;

const AGAIN = `    make bench                      # all but the large ones
    make bench ONLY="train"         # one, or several by name
    make bench ONLY="growth"        # how the figures grow
    make bench ONLY="scale"         # 300,000 clients; needs 4 GB of disk while it runs
    make bench BENCH_LARGE=1        # all
    make bench PAIRS=1              # a quick look that is not written down

A step is an entry of \`tests/bench/scenarios.json\`: its commands, the data they need, the figures that must agree and
the goal. Rows that were not measured again stay, unless the machine or the software has changed; \`performance.json\` beside this
page has the same for machines.`;

export function page({ machine, results: all }) {
    const results = all.filter((r) => !r.growth);
    const steps = results.map((r) => [
        `\`${r.name}\`: ${r.title}`, r.data, range(r.ours.seconds),
        r.peer ? `${r.peer_name}: ${range(r.peer.seconds)}` : '–', r.ratio ? range(r.ratio) : '–',
        goalText(r.goal), verdict(r)]);
    const processes = results.map((r) => [
        `\`${r.name}\``, range(r.ours.process_s), r.peer ? range(r.peer.process_s) : '–',
        digits(r.ours.megabytes.highest), r.peer ? digits(r.peer.megabytes.highest) : '–', checkText(r),
        r.pairs, r.date, r.load.toFixed(1)]);
    const notes = results.filter((r) => r.note).map((r) => `- \`${r.name}\`: ${r.note}`);
    const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`).join(', ');
    return `# Performance

${METHOD}

## Steps

${table(['step', 'data', 'ours, s', 'peer, s', 'times faster', 'goal', 'met'], steps)}

${notes.join('\n')}
${latencyText(results)}${growthText(all)}
## Whole processes

${table(['step', 'ours, s', 'peer, s', 'ours, MB at most', 'peer, MB at most', 'checked: ours / peer', 'pairs',
        'measured', 'load before'], processes)}

*Load before* is what else ran on the machine when the measuring began (processes, mean of one minute); 0.0 is best.

## Machine and versions

${machine.processors} × ${machine.processor}, ${machine.memory_gb} GB; ${machine.system};
${machine.compiler}, ${machine.optimise}; ${versions}.

## Again

${AGAIN}
`;
}
