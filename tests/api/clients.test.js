// Clients and the population: search, the whole client, comparison; figures recomputed from all clients.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { importPortfolio, makeDatabase, makePortfolio, startBackend } from './support/backend.js';

let backend;
let everybody; // [{client_id, outcome, probability, score, decision}] in ascending order of id
let values; // feature name → value of each client, in the same order
before(async () => {
    const database = makeDatabase();
    importPortfolio(makePortfolio(700), database);
    backend = await startBackend({ database });
    everybody = await pages('/clients?limit=100');
    const clients = [];
    for (const { client_id } of everybody) clients.push((await backend.get(`/clients/${client_id}?lang=en`)).body);
    values = new Map();
    for (const { fields, features } of clients)
        for (const { name, value } of [...fields, ...features]) values.set(name, [...(values.get(name) ?? []), value]);
});
after(() => backend?.stop());

async function pages(path) {
    const found = [];
    for (let cursor; cursor !== null;) {
        const { body } = await backend.get(`${path}${cursor === undefined ? '' : `&cursor=${cursor}`}`);
        found.push(...body.clients);
        cursor = body.next;
    }
    return found;
}
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const mean = (numbers) => sum(numbers) / numbers.length;
const near = (actual, expected, tolerance = 1e-6) =>
    assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);
const counted = (histogram) => sum(['repaid', 'defaulted', 'unknown'].flatMap((part) => histogram[part]));

describe('search', () => {
    test('pages hold every client once, in order', () => {
        const ids = everybody.map((client) => client.client_id);
        assert.ok(ids.length >= 700);
        assert.deepEqual(ids, [...new Set(ids)].sort((a, b) => a - b));
    });

    test('finds ids by their first digits, whatever the size of the page', async () => {
        const one = String(everybody[321].client_id);
        for (let digits = 1; digits <= one.length; digits++) {
            const query = one.slice(0, digits);
            const expected = everybody.filter((client) => String(client.client_id).startsWith(query));
            for (const limit of [1, 7, 100])
                if (expected.length / limit < 40)
                    assert.deepEqual(await pages(`/clients?query=${query}&limit=${limit}`), expected);
        }
    });

    test('keeps those that pass every filter, whatever the size of the page', async () => {
        const outcomes = { unknown: null, repaid: 0, defaulted: 1 };
        const scores = everybody.map((client) => client.score).sort((a, b) => a - b);
        const low = Math.round(scores[Math.floor(scores.length / 3)] * 10) / 10;
        const high = Math.round(scores[Math.floor(scores.length * 2 / 3)] * 10) / 10;
        const filters = [
            ...Object.keys(outcomes).map((outcome) => ({ outcome })),
            { decision: 'granted' }, { decision: 'refused' },
            { min_score: low }, { max_score: low }, { min_score: low, max_score: high },
            { min_score: scores[5], max_score: scores[5] },
            { outcome: 'repaid', decision: 'refused', max_score: high, query: String(everybody[0].client_id).slice(0, 3) },
            { min_score: 9999.5 },
        ];
        for (const filter of filters) {
            const expected = everybody.filter((client) =>
                (!filter.outcome || client.outcome === outcomes[filter.outcome])
                && (!filter.decision || client.decision === filter.decision)
                && (filter.min_score === undefined || client.score >= filter.min_score)
                && (filter.max_score === undefined || client.score <= filter.max_score)
                && (!filter.query || String(client.client_id).startsWith(filter.query)));
            for (const limit of [7, 100])
                assert.deepEqual(await pages(`/clients?${new URLSearchParams({ ...filter, limit })}`), expected, JSON.stringify(filter));
        }
    });

    test('finds nothing where nothing is', async () => {
        for (const query of ['999999999', '0', '00', '01', '123456789012345'])
            assert.deepEqual((await backend.get(`/clients?query=${query}`)).body, { clients: [], next: null });
        assert.deepEqual((await backend.get('/clients?cursor=9007199254740991')).body, { clients: [], next: null });
    });

    test('gives twenty without a limit', async () => {
        assert.equal((await backend.get('/clients')).body.clients.length, 20);
    });
});

describe('a client', () => {
    test('is whole, readable in both languages, and scored as in the list', async () => {
        const listed = everybody[5];
        const { body: english } = await backend.get(`/clients/${listed.client_id}?lang=en`);
        const { body: french } = await backend.get(`/clients/${listed.client_id}`);
        assert.equal(english.application.SK_ID_CURR, listed.client_id);
        assert.ok(!('TARGET' in english.application));
        assert.equal(Object.keys(english.application).length, 121);
        assert.deepEqual([english.score.probability, english.score.score, english.score.decision, english.outcome],
            [listed.probability, listed.score, listed.decision, listed.outcome]);
        assert.deepEqual(english.application, french.application);
        assert.notEqual(english.fields[0].label, french.fields[0].label);
        for (const field of [...english.fields, ...english.features]) {
            assert.equal(field.missing, field.value === null, field.name);
            assert.ok(field.text.length > 0, field.name);
        }
        for (const { name, value, unit } of english.fields)
            if (unit === 'money' && value !== null) near(value, english.application[name]);
        assert.equal(english.history.length, 6);
        assert.ok(english.history.some((table) => table.known && table.rows > 0));
    });

    test('tells what is beyond the usual, and what cannot be', async () => {
        const bulk = new Map([...values].map(([name, all]) => {
            const sorted = all.filter((value) => typeof value === 'number').sort((a, b) => a - b);
            const at = (share) => {
                const position = share * (sorted.length - 1);
                const low = sorted[Math.floor(position)];
                return low + (position - Math.floor(position)) * (sorted[Math.ceil(position)] - low);
            };
            const ends = [at(0.01), at(0.99)];
            return [name, ends[0] === ends[1] ? [sorted[0], sorted.at(-1)] : ends];
        }));
        let told = 0;
        let setAside = 0;
        for (const { client_id } of everybody.slice(0, 40)) {
            const { body: client } = await backend.get(`/clients/${client_id}?lang=en`);
            const { impossible, unusual } = client.quality;
            const beyond = [...client.fields, ...client.features].filter(({ name, value, unit }) => typeof value === 'number'
                && unit !== 'flag' && (value < bulk.get(name)[0] - 1e-6 || value > bulk.get(name)[1] + 1e-6));
            const said = unusual.map(({ name }) => name);
            for (const { name } of beyond) assert.ok(said.includes(name), `${client_id} ${name}`);
            for (const { name, value, lowest, highest, text } of unusual) {
                assert.ok(value < lowest.value || value > highest.value, name);
                near(lowest.value, bulk.get(name)[0], 1e-4);
                near(highest.value, bulk.get(name)[1], 1e-4);
                assert.ok(text.length > 0 && lowest.text.length > 0);
            }
            const aside = client.fields.filter(({ name, missing }) => missing && client.application[name] !== null);
            assert.deepEqual(new Map(impossible.map(({ name, value }) => [name, value])).size, aside.length);
            for (const { name, value } of impossible) assert.equal(value, client.application[name]);
            told += unusual.length;
            setAside += impossible.length;
        }
        assert.ok(told > 0 && setAside > 0);
    });
});

describe('comparison', () => {
    const compare = async (client, query) => (await backend.get(`/clients/${client.client_id}/comparison?${query}`)).body;

    test('with all: rank, quantiles, histogram and missing share are those of the values', async () => {
        const names = ['AMT_CREDIT', 'EXT_SOURCE_1', 'DAYS_BIRTH', 'CNT_CHILDREN', 'OWN_CAR_AGE', 'EXT_MEAN'];
        for (const row of [0, 100, 333]) {
            const { features, group } = await compare(everybody[row], `features=${names}`);
            assert.equal(group.count, everybody.length);
            const known = everybody.filter((client) => client.outcome !== null);
            near(group.default_rate, mean(known.map((client) => client.outcome)));
            assert.deepEqual(features.map((feature) => feature.name), names);
            for (const feature of features) {
                const all = values.get(feature.name);
                const sorted = all.filter((value) => value !== null).sort((a, b) => a - b);
                const own = all[row];
                assert.equal(feature.value, own);
                if (own === null) {
                    assert.deepEqual([feature.rank_percent, feature.equal_percent, feature.bin], [null, null, null]);
                } else {
                    const below = sorted.filter((value) => value < own).length;
                    const equal = sorted.filter((value) => value === own).length;
                    near(feature.rank_percent, 100 * (below + equal / 2) / sorted.length);
                    near(feature.equal_percent, 100 * equal / sorted.length);
                    const { edges } = feature.histogram;
                    assert.ok(feature.bin === 0 || own >= edges[feature.bin]);
                    assert.ok(feature.bin === edges.length - 2 || own < edges[feature.bin + 1]);
                }
                for (const [name, share] of [['p5', 0.05], ['p25', 0.25], ['p50', 0.5], ['p75', 0.75], ['p95', 0.95]]) {
                    const position = share * (sorted.length - 1);
                    const low = sorted[Math.floor(position)];
                    const high = sorted[Math.ceil(position)];
                    near(feature.quantiles[name], low + (position - Math.floor(position)) * (high - low));
                }
                near(feature.missing_share, 1 - sorted.length / all.length);
                assertHistogram(feature.histogram, all, everybody.map((client) => client.outcome));
            }
        }
    });

    function assertHistogram(histogram, all, outcomes) {
        const { edges } = histogram;
        assert.deepEqual(edges, [...edges].sort((a, b) => a - b));
        const expected = { repaid: edges.slice(1).fill(0), defaulted: edges.slice(1).fill(0), unknown: edges.slice(1).fill(0) };
        for (const [row, value] of all.entries()) {
            if (value === null) continue;
            let bin = edges.findIndex((edge, index) => value >= edge && value < edges[index + 1]);
            if (bin < 0) bin = value < edges[0] ? 0 : edges.length - 2;
            expected[{ 0: 'repaid', 1: 'defaulted' }[outcomes[row]] ?? 'unknown'][bin]++;
        }
        const { repaid, defaulted, unknown } = histogram;
        assert.deepEqual({ repaid, defaulted, unknown }, expected);
    }

    test('with those of the same category', async () => {
        const name = 'NAME_EDUCATION_TYPE';
        const client = everybody[10];
        const { group, features } = await compare(client, `features=${name},AMT_CREDIT&group=${name}&lang=en`);
        const members = everybody.filter((_, row) => values.get(name)[row] === values.get(name)[10]);
        assert.equal(group.count, members.length);
        assert.match(group.label, /^Education.*: /);
        const [education, credit] = features;
        assert.equal(sum(education.histogram.repaid) + sum(education.histogram.defaulted) + sum(education.histogram.unknown), members.length);
        assert.equal(education.histogram.categories[education.bin].value, values.get(name)[10]);
        assert.equal(education.quantiles, null);
        assert.equal(counted(credit.histogram), members.length);
    });

    test('with those in the same tenth, or with the same value missing', async () => {
        const credits = values.get('AMT_CREDIT');
        const { group } = await compare(everybody[20], 'features=AMT_CREDIT&group=AMT_CREDIT');
        assert.ok(group.count > everybody.length / 20 && group.count < everybody.length / 5, `${group.count}`);
        const seen = new Map();
        for (let row = 0; row < 60; row++) {
            const { group: own, features } = await compare(everybody[row], 'features=AMT_CREDIT&group=AMT_CREDIT');
            seen.set(own.label, own.count);
            assert.ok(counted(features[0].histogram) === own.count && credits[row] === features[0].value);
        }
        assert.ok(seen.size >= 8 && seen.size <= 10, [...seen.keys()].join());
        const cars = values.get('OWN_CAR_AGE');
        const without = cars.indexOf(null);
        const { group: carless } = await compare(everybody[without], 'features=AMT_CREDIT&group=OWN_CAR_AGE');
        assert.equal(carless.count, cars.filter((value) => value === null).length);
    });

    test('with similar clients: nearer ones in what matters to the model', async () => {
        const { body: model } = await backend.get('/model');
        assert.ok(model.features.length > 0);
        const client = everybody[50];
        const { group, features } = await compare(client, 'group=similar');
        assert.equal(group.count, 500);
        assert.equal(features.length, 6);
        for (const { histogram, missing_share: missing } of features)
            near(counted(histogram), 500 * (1 - missing), 1e-9);
        const again = await compare(client, 'group=similar');
        assert.deepEqual(again.features, features);
    });
});

describe('population', () => {
    test('figures are those of the clients', async () => {
        const { body } = await backend.get('/population');
        const known = everybody.filter((client) => client.outcome !== null);
        assert.equal(body.size, everybody.length);
        assert.equal(body.outcomes.defaulted, known.filter((client) => client.outcome === 1).length);
        assert.equal(body.outcomes.unknown, everybody.length - known.length);
        near(body.default_rate, mean(known.map((client) => client.outcome)));
        near(body.mean_income, mean(values.get('AMT_INCOME_TOTAL')));
        near(body.mean_credit, mean(values.get('AMT_CREDIT')));
        near(body.mean_probability, mean(everybody.map((client) => client.probability)));
        near(body.refused_share, mean(everybody.map((client) => Number(client.decision === 'refused'))));
        assert.equal(counted(body.scores), everybody.length);
        for (const client of everybody)
            assert.equal(client.decision, client.score <= body.score_at_threshold + 1e-9 ? 'refused' : 'granted');
    });

    test('every feature has a distribution', async () => {
        const { body: catalogue } = await backend.get('/features?lang=en');
        for (const { name, type } of catalogue.features) {
            const { body } = await backend.get(`/population/features/${name}`);
            const known = values.get(name).filter((value) => value !== null).length;
            assert.equal(counted(body.histogram), known, name);
            assert.equal(body.histogram.categories !== null, type === 'category' || type === 'flag', name);
            if (known === 0) assert.equal(body.quantiles, null);
        }
    });
});

test('the catalogue speaks both languages', async () => {
    const { body: french } = await backend.get('/features');
    const { body: english } = await backend.get('/features', { headers: { 'accept-language': 'en-GB' } });
    assert.deepEqual(french.features.map((feature) => feature.name), english.features.map((feature) => feature.name));
    const differ = french.features.filter((feature, index) => feature.description !== english.features[index].description);
    assert.equal(differ.length, french.features.length);
    for (const feature of english.features) {
        assert.equal(feature.actionable, feature.action !== 'none');
        if (feature.type === 'category') assert.ok(feature.categories.length > 1, feature.name);
    }
});
