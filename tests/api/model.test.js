// What the service tells about its model: card, importance, dependence, performance; drift, fairness, activity.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { importPortfolio, makeDatabase, makePortfolio, model, root, startBackend, until } from './support/backend.js';
import { makeArtifact } from './support/artifact.js';

const near = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);
const sum = (list) => list.reduce((total, value) => total + value, 0);
const artifact = (name) => readFileSync(join(root, model, name), 'utf8');
const reference = JSON.parse(artifact('reference.json'));
const document = JSON.parse(artifact('model.json'));

let backend;
let database;
before(async () => {
    database = makeDatabase();
    importPortfolio(makePortfolio(3000), database);
    backend = await startBackend({ database });
});
after(() => backend?.stop());

/** The pointers of a 422 answer. */
async function wrong(path) {
    const { status, body } = await backend.get(path);
    assert.equal(status, 422, path);
    return body.errors.map(({ pointer }) => pointer).sort();
}

async function everyClient() {
    const clients = [];
    for (let cursor = ''; cursor !== null;) {
        const { body } = await backend.get(`/clients?limit=100${cursor && `&cursor=${cursor}`}`);
        clients.push(...body.clients);
        cursor = body.next;
    }
    return clients;
}

describe('the card', () => {
    const get = (accept) => backend.get('/model/card', { headers: accept ? { accept } : {} });

    test('is Markdown unless JSON is preferred', async () => {
        for (const accept of [undefined, '*/*', 'text/markdown', 'text/*', 'application/json;q=0.5, text/markdown']) {
            const { text, headers } = await get(accept);
            assert.equal(text, artifact('card.md'));
            assert.equal(headers.get('content-type'), 'text/markdown; charset=utf-8');
            assert.equal(headers.get('vary'), 'Accept');
        }
        for (const accept of ['application/json', 'application/json, text/markdown;q=0.9'])
            assert.equal((await get(accept)).headers.get('content-type'), 'application/json');
        assert.equal((await get('text/html')).status, 406);
    });

    test('as JSON has every section whole', async () => {
        const { name, version, sections } = (await get('application/json')).body;
        const title = artifact('card.md').split('\n')[0];
        const rebuilt = [title, ...sections.map(({ title: heading, text }) => `## ${heading}\n\n${text}`)].join('\n\n');
        assert.equal(`${rebuilt}\n`, artifact('card.md'));
        assert.equal(title, `# Model card: ${name}, version ${version}`);
    });

    test('of an artifact without one is 404', async () => {
        const folder = makeArtifact();
        rmSync(join(folder, 'card.md'));
        const other = await startBackend({ database, env: { MODEL_DIR: folder } });
        assert.equal((await other.get('/model/card')).status, 404);
        await other.stop();
    });
});

test('importance is the artifact\'s, by feature and theme, the largest first', async () => {
    const { features, themes } = (await backend.get('/model/importance?lang=en')).body;
    assert.equal(features.length, document.features.length);
    const catalogue = new Map((await backend.get('/features?lang=en')).body.features.map((entry) => [entry.name, entry]));
    for (const entry of features) {
        near(entry.importance, reference.features[entry.name].importance);
        near(entry.points, entry.importance * 50 / Math.LN2, 1e-6);
        for (const field of ['label', 'theme', 'theme_label', 'unit']) assert.equal(entry[field], catalogue.get(entry.name)[field]);
    }
    for (const list of [features, themes]) {
        assert.deepEqual(list.map(({ importance }) => importance), list.map(({ importance }) => importance).sort((a, b) => b - a));
        near(sum(list.map(({ share }) => share)), 1, 1e-9);
    }
    for (const { theme, importance } of themes)
        near(importance, sum(features.filter((entry) => entry.theme === theme).map((entry) => entry.importance)), 1e-6);
});

describe('dependence', () => {
    test('points follow the value, tell nobody, and are the same each time', async () => {
        const path = '/model/dependence/EXT_MEAN?by=CODE_GENDER&lang=en';
        const { body } = await backend.get(path);
        assert.deepEqual((await backend.get(path)).body, body);
        assert.equal(body.sampled, 400);
        assert.equal(body.points.length, body.sampled - body.withheld);
        assert.ok(body.points.length > 300);
        const { edges } = (await backend.get('/population/features/EXT_MEAN')).body.histogram;
        const middles = edges.slice(1).map((edge, i) => (edge + edges[i]) / 2);
        const known = body.points.filter(({ value }) => value !== null);
        for (const { value, by, contribution } of known) {
            assert.ok(middles.some((middle) => Math.abs(middle - value) < 1e-9), `${value}`);
            assert.ok(by === 'F' || by === 'M');
            near(contribution * 100, Math.round(contribution * 100), 1e-9);
        }
        const values = known.map(({ value }) => value);
        assert.deepEqual(values, [...values].sort((a, b) => a - b));
        const mean = (points) => sum(points.map(({ contribution }) => contribution)) / points.length;
        const half = Math.floor(known.length / 2);
        assert.ok(mean(known.slice(0, half)) > mean(known.slice(half)), 'a low external score should raise the risk');
    });

    test('points that few clients share are withheld', async () => {
        const { body } = await backend.get('/model/dependence/ORGANIZATION_TYPE?by=OCCUPATION_TYPE');
        assert.ok(body.withheld > 20, `${body.withheld}`);
    });

    test('contributions are those of /explain', async () => {
        const clients = await everyClient();
        const { points } = (await backend.get('/model/dependence/EXT_MEAN')).body;
        const counted = new Map();
        for (const { contribution } of points) counted.set(contribution, (counted.get(contribution) ?? 0) + 1);
        const drawn = [0, 100, 399].map((i) => clients[Math.floor((2 * i + 1) * clients.length / 800)].client_id);
        for (const { contributions } of (await backend.post('/explain', { instances: drawn.map((id) => ({ client_id: id })) })).body.predictions) {
            const { contribution } = contributions.find(({ feature }) => feature === 'EXT_MEAN');
            assert.ok(counted.has(Math.round(contribution * 100) / 100 + 0), `${contribution}`);
        }
    });

    test('wrong names are named', async () => {
        const unknown = await backend.get('/model/dependence/EXT_MEEN');
        assert.equal(unknown.status, 404);
        assert.match(unknown.body.detail, /EXT_MEAN/);
        assert.deepEqual(await wrong('/model/dependence/EXT_MEAN?by=AMT_CREDITT&x=1'), ['?by', '?x']);
    });
});

describe('summary', () => {
    test('has the leading features, each with the points of the sample in its own order', async () => {
        const { sampled, features } = (await backend.get('/model/summary?top=5&lang=en')).body;
        assert.equal(sampled, 400);
        const { features: ranked } = (await backend.get('/model/importance?lang=en')).body;
        assert.deepEqual(features.map(({ name }) => name), ranked.slice(0, 5).map(({ name }) => name));
        for (const { name, contributions, ranks, withheld } of features) {
            assert.equal(contributions.length, sampled - withheld, name);
            assert.equal(ranks.length, contributions.length);
            assert.deepEqual(contributions, [...contributions].sort((a, b) => a - b), 'nobody keeps a place from feature to feature');
            const { points, withheld: others } = (await backend.get(`/model/dependence/${name}`)).body;
            assert.equal(withheld, others);
            assert.deepEqual(contributions, points.map(({ contribution }) => contribution).sort((a, b) => a - b));
        }
    });

    test('ranks follow the values: half of the clients are below 0.5, high external scores lower the risk', async () => {
        const { features } = (await backend.get('/model/summary?top=30')).body;
        assert.equal(features.length, 30);
        const { contributions, ranks } = features.find(({ name }) => name === 'EXT_MEAN');
        const known = ranks.map((rank, i) => ({ rank, contribution: contributions[i] })).filter(({ rank }) => rank !== null);
        near(known.filter(({ rank }) => rank < 0.5).length / known.length, 0.5, 0.1);
        const mean = (points) => sum(points.map(({ contribution }) => contribution)) / points.length;
        assert.ok(mean(known.filter(({ rank }) => rank < 0.3)) > mean(known.filter(({ rank }) => rank > 0.7)) + 0.1);
        const { histogram } = (await backend.get('/population/features/EXT_MEAN')).body;
        assert.deepEqual(features.find(({ name }) => name === 'EXT_MEAN').range, [histogram.edges[0], histogram.edges.at(-1)]);
        for (const { unit, range, ranks: all } of features) {
            assert.equal(range === null, unit === 'category' || unit === 'flag');
            if (unit === 'category') assert.ok(all.every((rank) => rank === null));
            if (unit === 'flag') assert.ok(all.every((rank) => rank === null || rank === 0 || rank === 1));
        }
    });

    test('has twelve features unless told otherwise; wrong questions are named', async () => {
        assert.equal((await backend.get('/model/summary')).body.features.length, 12);
        assert.deepEqual(await wrong('/model/summary?top=31&x=1'), ['?top', '?x']);
        assert.deepEqual(await wrong('/model/summary?top=0'), ['?top']);
    });
});

describe('performance', () => {
    test('at the model\'s own threshold is what training found', async () => {
        const { body } = await backend.get('/model/performance');
        const { confusion, precision, recall, auc, auc_low: low } = document.metrics;
        assert.deepEqual(body.own.confusion, confusion);
        near(body.own.precision, precision, 1e-12);
        near(body.own.recall, recall, 1e-12);
        near(body.metrics.auc, auc, 1e-12);
        near(body.metrics.auc_low, low, 1e-12);
        assert.equal(body.costs.missed, document.threshold.missed_cost);
        assert.equal(body.clients, document.training.rows);
        assert.equal(body.own.cost, 10 * confusion.false_negatives + confusion.false_positives);
        assert.equal(body.own.savings, 10 * body.defaults - body.own.cost);
    });

    test('curves are curves', async () => {
        const { cuts, metrics, calibration, clients, defaults } = (await backend.get('/model/performance?points=1000')).body;
        assert.ok(cuts.length > 400);
        let area = 0;
        for (const [i, cut] of cuts.entries()) {
            if (i === 0) continue;
            const last = cuts[i - 1];
            assert.ok(cut.threshold < last.threshold);
            assert.ok(cut.true_positive_rate >= last.true_positive_rate && cut.false_positive_rate >= last.false_positive_rate);
            area += (cut.false_positive_rate - last.false_positive_rate) * (cut.true_positive_rate + last.true_positive_rate) / 2;
        }
        near(area, metrics.auc, 1e-3);
        assert.equal(cuts[0].refused_share, 0);
        assert.equal(cuts[0].precision, null);
        assert.equal(cuts.at(-1).refused_share, 1);
        assert.equal(sum(calibration.map((bin) => bin.clients)), clients);
        assert.equal(sum(calibration.map((bin) => bin.defaults)), defaults);
        for (const bin of calibration) assert.ok(bin.low <= bin.default_rate && bin.default_rate <= bin.high);
        near(sum(calibration.map((bin) => bin.probability * bin.clients)) / clients, defaults / clients, 1e-3);
    });

    test('other costs move the threshold and the money', async () => {
        for (const [missed, refused] of [[5, 1], [20, 2], [3, 3], [0.5, 10]]) {
            const { body } = await backend.get(`/model/performance?missed_cost=${missed}&refused_cost=${refused}&points=1000`);
            near(body.analytic.threshold, refused / (refused + missed), 1e-12);
            for (const choice of [body.analytic, body.empirical]) {
                const { confusion } = choice;
                near(choice.cost, missed * confusion.false_negatives + refused * confusion.false_positives, 1e-6);
                assert.equal(sum(Object.values(confusion)), body.clients);
                near(choice.savings, missed * body.defaults - choice.cost, 1e-6);
            }
            near(body.empirical.cost, Math.min(...body.cuts.map(({ cost }) => cost)), 1e-6);
            assert.ok(body.analytic.cost >= body.empirical.cost - 1e-9);
        }
        const dear = (await backend.get('/model/performance?missed_cost=50')).body;
        assert.ok(dear.analytic.refused_share > (await backend.get('/model/performance?missed_cost=2')).body.analytic.refused_share);
    });

    test('wrong questions are named; an artifact that cannot tell says so', async () => {
        assert.deepEqual(await wrong('/model/performance?missed_cost=0&refused_cost=x&points=1&z='), ['?missed_cost', '?points', '?refused_cost', '?z']);
        assert.deepEqual(await wrong('/model/performance?missed_cost=nan&refused_cost=1e10'), ['?missed_cost', '?refused_cost']);
        const folder = makeArtifact((parts) => { delete parts.reference.performance; delete parts.reference.scores; });
        const other = await startBackend({ database, env: { MODEL_DIR: folder } });
        assert.equal((await other.get('/model/performance')).status, 404);
        assert.equal((await other.get('/monitoring/drift')).body.score, null);
        await other.stop();
    });
});

describe('drift', () => {
    test('a portfolio of the same kind is stable, feature by feature', async () => {
        const { body } = await backend.get('/monitoring/drift?lang=en');
        assert.equal(body.clients, (await backend.get('/population')).body.size);
        assert.equal(body.trained_on, document.training.rows);
        assert.equal(body.features.length, document.features.length);
        const indices = body.features.map(({ psi }) => psi);
        assert.deepEqual(indices, [...indices].sort((a, b) => b - a));
        assert.ok(indices[0] < 0.1 && body.score.psi < 0.1);
        for (const entry of body.features) {
            assert.equal(entry.verdict, 'stable');
            assert.equal(entry.beyond_chance, entry.psi > entry.chance);
            near(entry.missing_then, reference.features[entry.name].missing, 1e-9);
        }
        const beyond = body.features.filter((entry) => entry.beyond_chance).length;
        assert.ok(beyond < body.features.length / 3, `${beyond} beyond chance`);
    });

    test('applications that look different stand out among what was scored last', async () => {
        const fresh = await startBackend({ database });
        assert.deepEqual((await fresh.get('/monitoring/drift?of=scorings')).body.features, []);
        const clients = (await everyClient()).slice(0, 800).map(({ client_id: id }) => ({ client_id: id }));
        await fresh.post('/predict', { instances: clients });
        const same = (await fresh.get('/monitoring/drift?of=scorings')).body;
        assert.equal(same.clients, 800);
        assert.ok(same.score.psi < 0.1 && same.features[0].psi < 0.25);
        const odd = Array.from({ length: 1000 }, (_, i) => ({ features: { EXT_SOURCE_2: 0.01 + i / 1e5, AMT_CREDIT: 100000 + i } }));
        await fresh.post('/predict', { instances: odd });
        await fresh.post('/predict', { instances: odd });
        const other = (await fresh.get('/monitoring/drift?of=scorings')).body;
        assert.equal(other.clients, 2000);
        const credit = other.features.find(({ name }) => name === 'AMT_CREDIT');
        assert.equal(credit.verdict, 'act');
        assert.equal(other.score.verdict, 'act');
        near(other.features.find(({ name }) => name === 'DAYS_BIRTH').missing_now, 1, 1e-9);
        await fresh.stop();
    });

    test('one by one: its bins make its index, and hold everybody', async () => {
        const { features, score } = (await backend.get('/monitoring/drift?lang=en')).body;
        const names = ['EXT_SOURCE_1', 'CODE_GENDER', 'AMT_CREDIT', 'DAYS_BIRTH', 'score'];
        for (const name of names) {
            const { body } = await backend.get(`/monitoring/drift/${name}?lang=en`);
            const expected = name === 'score' ? score : features.find((entry) => entry.name === name);
            assert.equal(body.psi, expected.psi);
            assert.equal(body.verdict, expected.verdict);
            assert.equal(body.feature?.name ?? 'score', name);
            const least = (share) => Math.max(share, 1e-4);
            near(sum(body.bins.map(({ then, now }) => (least(now) - least(then)) * Math.log(least(now) / least(then)))), body.psi, 1e-4);
            for (const side of ['then', 'now']) near(sum(body.bins.map((bin) => bin[side])), 1, 1e-6);
            const missing = body.bins.filter(({ kind }) => kind === 'missing');
            assert.equal(missing.length, 1);
            assert.equal(body.bins.at(-1), missing[0]);
            if (expected.missing_now !== undefined) near(missing[0].now, expected.missing_now, 1e-8);
            const ranges = body.bins.filter(({ kind }) => kind === 'range');
            for (const [i, { low, high }] of ranges.entries()) assert.ok(i === 0 ? low === null : low === ranges[i - 1].high && (high === null || high > low));
        }
        const { bins } = (await backend.get('/monitoring/drift/CODE_GENDER?lang=en')).body;
        const { histogram } = (await backend.get('/population/features/CODE_GENDER?lang=en')).body;
        const counts = ['repaid', 'defaulted', 'unknown'].map((outcome) => histogram[outcome][0]);
        near(bins[0].now, sum(counts) / (await backend.get('/population')).body.size, 1e-8);
        assert.equal(bins[0].low_text, 'Woman');
    });

    test('one by one: of what was scored last, and of nobody', async () => {
        const fresh = await startBackend({ database });
        assert.equal((await fresh.get('/monitoring/drift/EXT_SOURCE_2?of=scorings')).status, 404);
        await fresh.post('/predict', { instances: Array(50).fill({ features: { EXT_SOURCE_2: 0.4 } }) });
        const { body } = await fresh.get('/monitoring/drift/EXT_SOURCE_2?of=scorings');
        assert.equal(body.clients, 50);
        assert.deepEqual(body.bins.filter(({ now }) => now > 0).map(({ now }) => now), [1]);
        assert.equal((await fresh.get('/monitoring/drift/score?of=scorings')).body.feature, null);
        await fresh.stop();
    });

    test('a wrong question is named', async () => {
        assert.deepEqual(await wrong('/monitoring/drift?of=everybody&to=1'), ['?of', '?to']);
        assert.deepEqual(await wrong('/monitoring/drift/score?of=everybody'), ['?of']);
        const unknown = await backend.get('/monitoring/drift/EXT_SOURCE_9');
        assert.equal(unknown.status, 404);
        assert.match(unknown.body.detail, /EXT_SOURCE/);
    });
});

test('fairness counts what the clients\' scores and fields say', async () => {
    const { body } = await backend.get('/monitoring/fairness?lang=en');
    const clients = await everyClient();
    const gender = body.attributes.find(({ attribute }) => attribute === 'gender').groups;
    const age = body.attributes.find(({ attribute }) => attribute === 'age').groups;
    for (const groups of [gender, age]) {
        assert.equal(sum(groups.map((group) => group.clients)), clients.length);
        near(sum(groups.map((group) => group.granted.share * group.clients)), clients.filter(({ decision }) => decision === 'granted').length, 1e-6);
        assert.equal(Math.max(...groups.map(({ ratio }) => ratio ?? 0)), 1);
        assert.equal(Math.max(...groups.map((group) => group.opportunity_gap ?? -1)), 0);
        const most = Math.max(...groups.filter((group) => group.clients >= 30).map(({ granted }) => granted.share));
        for (const group of groups) {
            for (const share of [group.granted, group.default_rate, group.granted_of_repaid])
                if (share) assert.ok(share.low <= share.share && share.share <= share.high);
            if (group.ratio === null) continue;
            near(group.ratio, group.granted.share / most, 1e-12);
            assert.equal(group.four_fifths, group.ratio >= 0.8);
        }
    }
    const { histogram } = (await backend.get('/population/features/CODE_GENDER')).body;
    const women = histogram.categories.findIndex(({ value }) => value === 'F');
    const { repaid, defaulted, unknown } = histogram;
    const found = gender.find(({ group }) => group === 'F');
    assert.equal(found.clients, repaid[women] + defaulted[women] + unknown[women]);
    near(found.default_rate.share, defaulted[women] / (repaid[women] + defaulted[women]), 1e-12);
    const french = (await backend.get('/monitoring/fairness?lang=fr')).body.attributes[1].groups.map(({ label }) => label);
    assert.ok(french.includes('30 à 39 ans'));
});

describe('activity', () => {
    test('counts what this replica answers, and not the health checks', async () => {
        const fresh = await startBackend({ database });
        const total = async () => (await fresh.get('/monitoring/activity')).body.total;
        const before = await total();
        await fresh.post('/predict', { instances: Array(7).fill({ features: {} }) });
        await fresh.get('/population');
        await fresh.get('/nothing');
        await fresh.get('/v2/health/ready');
        await fresh.get('/metrics');
        const after = await total();
        assert.equal(after.requests - before.requests, 4); // predict, population, nothing, activity itself
        assert.equal(after.client_errors - before.client_errors, 1);
        assert.equal(after.granted + after.refused, 7);
        assert.ok(after.mean_probability > 0 && after.mean_probability < 1);
        assert.ok(after.latency_ms.p50 > 0 && after.latency_ms.p50 <= after.latency_ms.p95 && after.latency_ms.p95 <= after.latency_ms.p99);
        await fresh.stop();
    });

    test('slices are of the length asked for, end now and add up', async () => {
        const { body } = await backend.get('/monitoring/activity?minutes=120&step=30');
        assert.equal(body.slices.length, 4);
        const times = body.slices.map(({ from }) => Date.parse(from));
        for (const [i, time] of times.entries()) if (i > 0) assert.equal(time - times[i - 1], 30 * 60_000);
        assert.ok(Math.abs(times[3] + 29 * 60_000 - Date.now()) < 120_000);
        assert.equal(sum(body.slices.map(({ requests }) => requests)), body.total.requests);
        assert.ok(body.total.requests > 0);
        assert.ok(Date.parse(body.since) <= Date.now());
        assert.equal((await backend.get('/monitoring/activity?minutes=1440')).body.slices.length, 1440);
    });

    test('wrong questions are named', async () => {
        assert.deepEqual(await wrong('/monitoring/activity?minutes=0&step=2000&x'), ['?minutes', '?step', '?x']);
        assert.deepEqual(await wrong('/monitoring/activity?minutes=10&step=3'), ['?step']);
    });
});

test('without a portfolio what needs one answers 503, the rest answers', async () => {
    const empty = await startBackend({ database: makeDatabase(), ready: false });
    await until(() => empty.log.includes('population_not_loaded'));
    for (const path of ['/model/dependence/EXT_MEAN', '/model/summary', '/monitoring/drift', '/monitoring/fairness'])
        assert.equal((await empty.get(path)).status, 503, path);
    for (const path of ['/model/importance', '/model/performance', '/model/card', '/monitoring/drift?of=scorings', '/monitoring/activity', '/v2/models/clairscore'])
        assert.equal((await empty.get(path)).status, 200, path);
    await empty.stop();
});
