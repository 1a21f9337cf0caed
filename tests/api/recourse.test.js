// What-if and counterfactuals: what they answer is what scoring the changed application gives.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { importPortfolio, makeDatabase, makePortfolio, startBackend } from './support/backend.js';

let backend;
let clients;
let catalogue;
before(async () => {
    const database = makeDatabase();
    importPortfolio(makePortfolio(400, 5), database);
    backend = await startBackend({ database });
    clients = (await backend.get('/clients?limit=100')).body.clients;
    catalogue = new Map((await backend.get('/features')).body.features.map((feature) => [feature.name, feature]));
});
after(() => backend?.stop());

const whatIf = (id, changes, query = '') => backend.post(`/clients/${id}/what-if${query}`, { changes });
const near = (actual, expected, tolerance = 1e-9) =>
    assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);

describe('what-if', () => {
    test('explains the client as /explain does, and beside it the change', async () => {
        for (const { client_id: id } of clients.slice(0, 8)) {
            const { status, body } = await whatIf(id, { AMT_CREDIT: 300000, EXT_SOURCE_2: null });
            const { body: explained } = await backend.post('/explain', { client_id: id });
            assert.equal(status, 200);
            assert.deepEqual({ ...body.original, request_id: '' }, { ...explained, request_id: '' });
            near(body.difference.probability, body.changed.probability - body.original.probability);
            near(body.difference.score, body.changed.score - body.original.score);
            assert.equal(body.difference.decision_changed, body.original.decision !== body.changed.decision);
            assert.deepEqual(body.changes.map(({ field, to }) => [field, to]), [['AMT_CREDIT', 300000], ['EXT_SOURCE_2', null]]);
        }
    });

    test('tells the difference of each contribution, sorted by size', async () => {
        const { body } = await whatIf(clients[0].client_id, { EXT_SOURCE_3: 0.05, AMT_INCOME_TOTAL: 90000 });
        const of = (side) => new Map(body[side].contributions.map((one) => [one.feature, one.contribution]));
        const [earlier, later] = [of('original'), of('changed')];
        const differing = [...earlier].filter(([feature, contribution]) => Math.abs(later.get(feature) - contribution) > 5e-10);
        assert.equal(body.difference.contributions.length, differing.length);
        body.difference.contributions.reduce((last, one) => {
            near(one.contribution, later.get(one.feature) - earlier.get(one.feature));
            assert.ok(Math.abs(one.contribution) <= last);
            return Math.abs(one.contribution);
        }, Infinity);
        const total = body.difference.contributions.reduce((sum, one) => sum + one.contribution, 0);
        near(total, body.difference.margin, 1e-8);
        assert.ok(body.difference.contributions.some((one) => one.feature === 'EXT_MIN' && one.from !== one.to));
    });

    test('builds derived features from the changed application and the stored history', async () => {
        for (const { client_id: id } of clients.slice(10, 16)) {
            const { body: client } = await backend.get(`/clients/${id}`);
            const features = {};
            for (const { name, value } of [...client.fields, ...client.features]) {
                const { type, categories } = catalogue.get(name);
                features[name] = type === 'category' && value !== null ? categories.findIndex((one) => one.value === value) : value;
            }
            const income = features.AMT_INCOME_TOTAL;
            features.AMT_INCOME_TOTAL = 2 * income;
            for (const name of ['ANNUITY_TO_INCOME', 'CREDIT_TO_INCOME', 'INSURANCE_TO_INCOME', 'BUREAU_ACTIVE_CREDIT_TO_INCOME'])
                if (features[name] !== null) features[name] /= 2;
            if (features.INCOME_PER_PERSON !== null) features.INCOME_PER_PERSON *= 2;
            const { body: expected } = await backend.post('/predict', { features });
            const { body } = await whatIf(id, { AMT_INCOME_TOTAL: 2 * income });
            near(body.changed.probability, expected.probability);
        }
    });

    test('changes nothing when every field keeps its value', async () => {
        const { client_id: id } = clients[3];
        const { application } = (await backend.get(`/clients/${id}`)).body;
        const { SK_ID_CURR: _, ...fields } = application;
        const { status, body } = await whatIf(id, fields);
        assert.equal(status, 200);
        assert.equal(body.changes.length, Object.keys(fields).length);
        assert.deepEqual(body.changed, body.original);
        assert.deepEqual(body.difference, { probability: 0, score: 0, margin: 0, decision_changed: false, contributions: [] });
        assert.deepEqual((await backend.get(`/clients/${id}`)).body.application, application);
    });

    test('trims with top and speaks both languages', async () => {
        const { client_id: id } = clients[4];
        const { body: french } = await whatIf(id, { CODE_GENDER: 'F', AMT_CREDIT: 100000 }, '?top=3');
        const { body: english } = await whatIf(id, { CODE_GENDER: 'F', AMT_CREDIT: 100000 }, '?top=3&lang=en');
        assert.deepEqual([french.changed.contributions.length, french.difference.contributions.length], [3, 3]);
        assert.equal(french.changes[0].label, 'Genre');
        assert.match(english.changes[1].text, /^Credit amount: .* → 100,000$/);
        assert.match(french.changes[1].text, /^Montant du crédit\u00a0: .* → 100\u202f000$/);
    });

    test('lists everything that is wrong', async () => {
        const { client_id: id } = clients[0];
        const { status, body } = await backend.post(`/clients/${id}/what-if`, {
            changes: { AMT_CREDI: 1, AMT_CREDIT: '1', CODE_GENDER: 'Female', CNT_CHILDREN: 1.5, TARGET: 1, SK_ID_CURR: 5, DAYS_BIRTH: 5 }, more: 1,
        });
        assert.equal(status, 422);
        const errors = Object.fromEntries(body.errors.map(({ pointer, detail }) => [pointer, detail]));
        assert.deepEqual(Object.keys(errors).sort(), ['/changes/AMT_CREDI', '/changes/AMT_CREDIT', '/changes/CNT_CHILDREN',
            '/changes/CODE_GENDER', '/changes/DAYS_BIRTH', '/changes/SK_ID_CURR', '/changes/TARGET', '/more']);
        assert.match(errors['/changes/AMT_CREDI'], /did you mean AMT_CREDIT\?/);
        assert.match(errors['/changes/TARGET'], /cannot be changed/);
        for (const json of [{}, [], 5, { changes: {} }, { changes: [] }, { changes: null }])
            assert.equal((await backend.post(`/clients/${id}/what-if`, json)).status, 422);
        for (const text of ['', '{', '{"changes":{"AMT_CREDIT":1,"AMT_CREDIT":2}}']) {
            const answer = await backend.call('POST', `/clients/${id}/what-if`, { body: text, headers: { 'content-type': 'application/json' } });
            assert.equal(answer.status, 400);
        }
        assert.equal((await whatIf(1, { AMT_CREDIT: 5 })).status, 404);
        assert.equal((await whatIf(id, { AMT_CREDIT: 5 }, '?top=0')).status, 422);
    });
});

describe('counterfactuals', () => {
    const MOVES = { AMT_INCOME_TOTAL: 1, AMT_CREDIT: -1, AMT_GOODS_PRICE: -1, AMT_ANNUITY: 0 };
    const find = async (client, query = '') => (await backend.get(`/clients/${client.client_id}/counterfactuals${query}`)).body;
    const fieldsOf = (answer) => Object.fromEntries(answer.changes.map(({ field, to }) => [field, to]));

    async function assertAnswer(client, answer) {
        const { body } = await whatIf(client.client_id, fieldsOf(answer));
        assert.deepEqual([body.changed.probability, body.changed.score, body.changed.decision],
            [answer.probability, answer.score, answer.decision]);
        for (const { field, from, to } of answer.changes) {
            assert.ok(field in MOVES, field);
            assert.notEqual(catalogue.get(field).action, 'none');
            assert.ok(MOVES[field] === 0 || Math.sign(to - from) === MOVES[field], `${field}: ${from} → ${to}`);
        }
        const { application } = (await backend.get(`/clients/${client.client_id}`)).body;
        const changed = { ...application, ...fieldsOf(answer) };
        assert.ok(changed.AMT_ANNUITY < changed.AMT_CREDIT);
    }

    test('turn a refusal, are scored like a what-if, and come by effort', async () => {
        const refused = clients.filter((client) => client.decision === 'refused');
        const seen = { found: 0, none_found: 0 };
        assert.ok(refused.length > 10);
        for (const client of refused) {
            const body = await find(client);
            seen[body.status]++;
            assert.deepEqual([body.probability, body.decision], [client.probability, 'refused']);
            assert.equal(body.status === 'found', body.counterfactuals.length > 0);
            assert.equal(body.best === null, body.status === 'found');
            for (const [index, answer] of body.counterfactuals.entries()) {
                assert.equal(answer.decision, 'granted');
                assert.ok(answer.effort > 0 && (index === 0 || answer.effort >= body.counterfactuals[index - 1].effort));
                await assertAnswer(client, answer);
            }
            assert.equal(new Set(body.counterfactuals.map((answer) => answer.text)).size, body.counterfactuals.length);
            if (body.best) {
                assert.equal(body.best.decision, 'refused');
                assert.ok(body.best.probability <= client.probability);
                if (body.best.changes.length) await assertAnswer(client, body.best);
            }
        }
        assert.ok(seen.found > 5 && seen.none_found > 0, JSON.stringify(seen));
    });

    test('are the same every time, and the first of more', async () => {
        for (const client of clients.filter((one) => one.decision === 'refused').slice(0, 5)) {
            const all = await find(client);
            assert.deepEqual(await find(client), all);
            const { counterfactuals } = await find(client, '?limit=1');
            assert.deepEqual(counterfactuals, all.counterfactuals.slice(0, 1));
        }
    });

    test('are not needed by a client who is granted', async () => {
        const client = clients.find((one) => one.decision === 'granted');
        const body = await find(client, '?lang=en');
        assert.deepEqual([body.status, body.counterfactuals, body.best, body.decision], ['granted', [], null, 'granted']);
        assert.match(body.text, /nothing needs to change/);
    });

    test('speak both languages', async () => {
        for (const client of clients.filter((one) => one.decision === 'refused').slice(0, 10)) {
            const [french, english] = [await find(client), await find(client, '?lang=en')];
            assert.notEqual(french.text, english.text);
            for (const [index, answer] of french.counterfactuals.entries()) {
                assert.notEqual(answer.text, english.counterfactuals[index].text);
                assert.deepEqual(fieldsOf(answer), fieldsOf(english.counterfactuals[index]));
                assert.match(answer.text, /au lieu de/);
            }
        }
    });

    test('of a wrong question are refused', async () => {
        for (const query of ['limit=0', 'limit=6', 'limit=x', 'k=1'])
            assert.equal((await backend.get(`/clients/${clients[0].client_id}/counterfactuals?${query}`)).status, 422);
        assert.equal((await backend.get('/clients/1/counterfactuals')).status, 404);
    });
});
