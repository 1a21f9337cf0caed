// What `make bench` computes from its measurements, and that its scenarios are whole.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { compare, fill, grow, isMet, latencies, median, merge, ratios, summarise } from '../bench/figures.js';
import { line, page } from '../bench/page.js';
import { root } from './support/backend.js';

const run = (seconds) => ({ seconds, process_s: seconds + 1, megabytes: 10 * seconds });

test('medians and ratios are taken pair by pair', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.deepEqual(ratios([run(1), run(2), run(4)], [run(10), run(30), run(20)]), { median: 10, lowest: 5, highest: 15 });
    assert.deepEqual(summarise([run(1), run(3)]).process_s, { median: 3, lowest: 2, highest: 4 });
});

test('goals are judged by the median ratio and the worst run', () => {
    const result = { ours: summarise([run(1), run(2)]), ratio: { median: 10, lowest: 1, highest: 20 } };
    assert.equal(isMet(undefined, result), null);
    assert.equal(isMet({ times: 10 }, result), true);
    assert.equal(isMet({ times: 10.1 }, result), false);
    assert.equal(isMet({ seconds: 2, megabytes: 20 }, result), true);
    assert.equal(isMet({ seconds: 1.9, megabytes: 20 }, result), false);
    assert.equal(isMet({ seconds: 2, megabytes: 19 }, result), false);
});

test('latencies are of every run, and judged where a goal asks', () => {
    const served = (p50_ms, p99_ms) => ({ ...run(1), printed: { p50_ms, p99_ms } });
    assert.equal(latencies([run(1), served(1, 2)]), null);
    const ours = latencies([served(1, 4), served(2, 9), served(3, 5)]);
    assert.deepEqual(ours, { p50_ms: { median: 2, lowest: 1, highest: 3 }, p99_ms: { median: 5, lowest: 4, highest: 9 } });
    const judged = (p50_ms) => isMet({ times: 2, p99_below_p50: true },
        { ratio: { median: 3 }, latency: { ours, peer: latencies([served(p50_ms, 50)]) } });
    assert.equal(judged(6), true);
    assert.equal(judged(5), false);
});

test('the page has a table of latencies when a server was measured', () => {
    const runs = [run(0.5)];
    const result = { name: 'serve', title: 'Served', data: 'rows', pairs: 1, date: '2026-01-01', load: 0, checks: [], met: true,
        ours: summarise(runs), peer: summarise(runs), peer_name: 'a peer', ratio: ratios(runs, runs), goal: { times: 1, p99_below_p50: true } };
    const side = latencies([{ ...run(1), printed: { p50_ms: 1.5, p99_ms: 12.5 } }]);
    const machine = { versions: {} };
    assert.ok(!page({ machine, results: [result] }).includes('## Over HTTP'));
    const text = page({ machine, results: [{ ...result, latency: { ours: side, peer: side } }] });
    assert.match(text, /## Over HTTP[^]*\| `serve` \| 2.00 \| 2.00 \| 1.50 \(1.50–1.50\) \| 12.5/);
    assert.match(text, /p99 below its p50/);
});

test('what grows is told size by size, pair by pair', () => {
    const grown = (time, rate) => ({ ...run(1), printed: { points: { 8: { time, rate }, 16: { time: 2 * time, rate } } } });
    const figures = [{ name: 'time', title: 'time, µs', scale: 1000, times: true }, { name: 'rate', title: 'rate', more: true, alone: true }];
    const points = grow(figures, [grown(1, 30), grown(3, 50)], [grown(10, 10), grown(15, 10)]);
    assert.deepEqual(points.map(({ size }) => size), [8, 16]);
    assert.deepEqual(points[1].figures.time.ours, { median: 4, lowest: 2, highest: 6 });
    assert.deepEqual(points[0].figures.time.ratio, { median: 7.5, lowest: 5, highest: 10 });
    assert.deepEqual(points[0].figures.rate.ratio, { median: 4, lowest: 3, highest: 5 });
    const lonely = grow(figures, [grown(1, 30)], [{ ...run(1), printed: { points: { 8: { time: 10, rate: 3 } } } }]);
    assert.equal(lonely[1].figures.time.ratio, undefined);

    const runs = [run(0.5)];
    const result = { name: 'growth_size', title: 'by size', data: 'rows', pairs: 2, date: '2026-01-01', load: 0, checks: [], met: null,
        ours: summarise(runs), peer: summarise(runs), peer_name: 'a peer', growth: { by: 'size', figures, points } };
    const text = page({ machine: { versions: {} }, results: [result] });
    assert.match(text, /\| size \| time, µs \| the peer's \| times faster \| rate \|/);
    assert.match(text, /\| 16 \| 4000 \| 25000 \| 7.50 \(5.00–10.0\) \| 40.0 \|/);
    assert.ok(!/## Steps[^#]*growth_size/.test(text), 'what grows is no step');
    assert.match(line(result), /^growth_size: at 16, time 4.00 \(7.50 ×\), rate 40.0/);
});

test('figures that differ, or are absent, are not the same', () => {
    const checks = { loss: { relative: 0.01 }, rows: {}, auc: { absolute: 0.1 } };
    const same = compare(checks, { loss: 101, rows: 5, auc: 0.7 }, { loss: 100, rows: 5, auc: 0.75 });
    assert.deepEqual(same.map((check) => check.same), [true, true, true]);
    const other = compare(checks, { loss: 102, rows: 6 }, { loss: 100, rows: 5, auc: 0.75 });
    assert.deepEqual(other.map((check) => check.same), [false, false, false]);
});

test('results of another machine are not kept beside new ones', () => {
    const kept = { machine: { processors: 2 }, results: [{ name: 'a', pairs: 1 }, { name: 'b', pairs: 1 }] };
    assert.deepEqual(merge(kept, { processors: 2 }, [{ name: 'a', pairs: 5 }]).results, [{ name: 'a', pairs: 5 }, { name: 'b', pairs: 1 }]);
    assert.deepEqual(merge(kept, { processors: 4 }, [{ name: 'a', pairs: 5 }]).results, [{ name: 'a', pairs: 5 }]);
});

test('every scenario names data, commands and a check of its peer', () => {
    const { data, scenarios } = JSON.parse(readFileSync(join(root, 'tests/bench/scenarios.json'), 'utf8'));
    assert.equal(new Set(scenarios.map((s) => s.name)).size, scenarios.length);
    const words = { build: 'build', work: 'work', shared: 'shared', python: 'python', node: 'node', peers: 'tests/bench/peers' };
    for (const name of Object.keys(data))
        Object.assign(words, { [name]: name, [`${name}.rows`]: '1', [`${name}.columns`]: '1', [`${name}.json`]: '{}' });
    for (const scenario of scenarios) {
        assert.ok(scenario.title && scenario.pairs > 0 && data[scenario.data], scenario.name);
        for (const word of fill([...scenario.ours, ...(scenario.peer ?? [])], words)) {
            const program = /^build\/bench\/(.*)$/.exec(word)?.[1];
            if (program) assert.ok(existsSync(join(root, `tests/bench/${program}.c`)), word);
            if (word.startsWith('tests/')) assert.ok(existsSync(join(root, word)), word);
        }
        if (scenario.peer) assert.ok(scenario.peer_name && (scenario.check || scenario.note), scenario.name);
    }
    assert.throws(() => fill(['{nobody}'], words), /stands for nothing/);
});

test('docs/performance.md is what its figures give', () => {
    const written = JSON.parse(readFileSync(join(root, 'docs/performance.json'), 'utf8'));
    assert.equal(readFileSync(join(root, 'docs/performance.md'), 'utf8'), page(written));
});
