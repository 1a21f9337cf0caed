// /predict and /explain: what they answer, that they agree, that explanations add up digit for digit.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { importPortfolio, makeDatabase, makePortfolio, startBackend } from './support/backend.js';

let backend;
let clients;
let database;
before(async () => {
    database = makeDatabase();
    importPortfolio(makePortfolio(300), database);
    backend = await startBackend({ database });
    clients = (await backend.get('/clients?limit=100')).body.clients;
});
after(() => backend?.stop());

const APPLICATION = {
    NAME_CONTRACT_TYPE: 'Cash loans', CODE_GENDER: 'F', AMT_INCOME_TOTAL: 135000, AMT_CREDIT: 406597.5,
    AMT_ANNUITY: 24700.5, AMT_GOODS_PRICE: 351000, DAYS_BIRTH: -9461, DAYS_EMPLOYED: -637, EXT_SOURCE_2: 0.262948593,
    EXT_SOURCE_3: null,
};
const BUREAU = { CREDIT_ACTIVE: 'Closed', DAYS_CREDIT: -497, AMT_CREDIT_SUM: 91323, AMT_CREDIT_SUM_DEBT: 0 };

// The log-odds are printed in whole units of 1e-9: integers add without rounding.
function units(number) {
    const scaled = Math.round(number * 1e9);
    assert.ok(Math.abs(scaled / 1e9 - number) < 1e-15 * Math.max(1, Math.abs(number)), `${number} has more digits`);
    return BigInt(scaled);
}

function assertAddsUp(explanation) {
    const total = explanation.contributions.reduce((sum, one) => sum + units(one.contribution),
        units(explanation.base_value) + units(explanation.rest.contribution));
    assert.equal(total, units(explanation.margin));
    const probability = 1 / (1 + Math.exp(-explanation.margin));
    assert.ok(Math.abs(probability - explanation.probability) < 1e-14);
    assert.equal(explanation.decision, explanation.probability >= explanation.threshold ? 'refused' : 'granted');
}

describe('predict', () => {
    test('scores a client of the store as the list does', async () => {
        for (const client of clients.slice(0, 10)) {
            const { status, body } = await backend.post('/predict', { client_id: client.client_id });
            assert.equal(status, 200);
            assert.deepEqual({ ...client, outcome: 0 }, {
                client_id: body.client_id, outcome: 0, probability: body.probability, score: body.score, decision: body.decision,
            });
        }
    });

    test('scores a raw application, with and without history', async () => {
        const alone = await backend.post('/predict', { application: APPLICATION });
        assert.equal(alone.status, 200);
        assert.equal(alone.body.client_id, null);
        const named = await backend.post('/predict', { application: { ...APPLICATION, SK_ID_CURR: 5 }, bureau: [BUREAU], bureau_balance: [] });
        assert.equal(named.body.client_id, 5);
        assert.notEqual(named.body.probability, alone.body.probability);
    });

    test('takes absent and null alike, and fields in any order', async () => {
        const reversed = Object.fromEntries(Object.entries(APPLICATION).reverse());
        delete reversed.EXT_SOURCE_3;
        const [one, other] = await Promise.all([APPLICATION, reversed].map((application) => backend.post('/predict', { application })));
        assert.equal(one.body.probability, other.body.probability);
    });

    test('an application and the feature vector that comes of it have the same score', async () => {
        const { body: catalogue } = await backend.get('/features');
        const categories = new Map(catalogue.features.filter((feature) => feature.unit === 'category')
            .map((feature) => [feature.name, feature.categories.map((category) => category.value)]));
        for (const { client_id, probability } of clients.slice(0, 20)) {
            const { body: client } = await backend.get(`/clients/${client_id}`);
            const features = Object.fromEntries([...client.fields, ...client.features].map(({ name, value }) =>
                [name, typeof value === 'string' ? categories.get(name).indexOf(value) : value]));
            const { body } = await backend.post('/predict', { features });
            assert.equal(body.probability, probability);
        }
    });

    test('answers instances in their order, each as when alone', async () => {
        const instances = [{ client_id: clients[3].client_id }, { application: APPLICATION }, { features: {} },
            { client_id: clients[0].client_id }];
        const { body } = await backend.post('/predict', { instances });
        assert.equal(body.predictions.length, 4);
        for (const [index, instance] of instances.entries()) {
            const alone = await backend.post('/predict', instance);
            assert.equal(body.predictions[index].probability, alone.body.probability);
        }
    });

    test('takes 1000 instances and refuses 1001', async () => {
        const instance = { client_id: clients[0].client_id };
        const many = await backend.post('/predict', { instances: Array(1000).fill(instance) });
        assert.equal(many.status, 200);
        assert.equal(many.body.predictions.length, 1000);
        const more = await backend.post('/predict', { instances: Array(1001).fill(instance) });
        assert.equal(more.status, 422);
        assert.equal(more.body.errors[0].pointer, '/instances');
    });

    test('leaves no trace of what was asked in the log', () => {
        assert.ok(!backend.log.includes('406597'));
        assert.ok(!backend.log.includes(`clients/${clients[0].client_id}`));
    });
});

describe('explain', () => {
    test('agrees with predict and adds up to the last digit', async () => {
        const instances = [...clients.map(({ client_id }) => ({ client_id })), { application: APPLICATION }, { features: {} }];
        const { body: predicted } = await backend.post('/predict', { instances });
        const { body: explained } = await backend.post('/explain', { instances });
        for (const [index, explanation] of explained.predictions.entries()) {
            const { client_id, probability, score, decision } = predicted.predictions[index];
            assert.deepEqual([explanation.client_id, explanation.probability, explanation.score, explanation.decision],
                [client_id, probability, score, decision]);
            assertAddsUp(explanation);
        }
    });

    test('gives all contributions, largest first, or the first ones and the sum of the rest', async () => {
        const instance = { client_id: clients[1].client_id };
        const { body: model } = await backend.get('/model');
        const { body: all } = await backend.post('/explain', instance);
        assert.deepEqual(new Set(all.contributions.map((one) => one.feature)), new Set(model.features));
        assert.deepEqual(all.rest, { count: 0, contribution: 0, points: 0 });
        const sizes = all.contributions.map((one) => Math.abs(one.contribution));
        assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a));
        const { body: some } = await backend.post('/explain?top=5', instance);
        assert.deepEqual(some.contributions, all.contributions.slice(0, 5));
        assert.equal(some.rest.count, model.features.length - 5);
        assertAddsUp(some);
        const { body: plenty } = await backend.post('/explain?top=1000', instance);
        assert.deepEqual(plenty.contributions, all.contributions);
    });

    test('points say the same as log-odds', async () => {
        const { body } = await backend.post('/explain', { client_id: clients[2].client_id });
        const perUnit = 50 / Math.LN2;
        for (const one of body.contributions) assert.ok(Math.abs(one.points + perUnit * one.contribution) < 1e-9);
        assert.ok(Math.abs(body.score - (600 - perUnit * (body.margin + Math.log(19)))) < 1e-9);
    });

    test('speaks the language asked for', async () => {
        const instance = { client_id: clients[0].client_id };
        const french = await backend.post('/explain', instance);
        const english = await backend.post('/explain?lang=en', instance);
        const accepted = await backend.post('/explain', instance, { headers: { 'accept-language': 'de, en;q=0.7, fr;q=0.3' } });
        assert.equal(french.headers.get('content-language'), 'fr');
        assert.equal(english.headers.get('content-language'), 'en');
        assert.deepEqual(accepted.body.reasons, english.body.reasons);
        assert.notDeepEqual(french.body.reasons, english.body.reasons);
        assert.deepEqual(french.body.contributions.map((one) => one.contribution),
            english.body.contributions.map((one) => one.contribution));
    });

    test('gives reasons that are true to the contributions and never sensitive', async () => {
        const { body: catalogue } = await backend.get('/features');
        const sensitive = new Set(catalogue.features.filter((feature) => feature.sensitive).map((feature) => feature.name));
        assert.ok(sensitive.has('CODE_GENDER'));
        const { body } = await backend.post('/explain', { instances: clients.map(({ client_id }) => ({ client_id })) });
        for (const { reasons, contributions } of body.predictions) {
            const byName = new Map(contributions.map((one) => [one.feature, one.contribution]));
            assert.ok(reasons.length > 0);
            for (const reason of reasons) {
                assert.ok(!sensitive.has(reason.code), reason.code);
                assert.equal(byName.get(reason.code) > 0, reason.direction === 'against', reason.code);
                assert.ok(reason.text.startsWith(`${reason.fact} `), reason.text);
            }
        }
    });

    test('tells each story once, by the sum of its contributions', async () => {
        const { body: catalogue } = await backend.get('/features');
        const story = new Map(catalogue.features.map((feature) => [feature.name, feature.story ?? feature.name]));
        assert.equal(story.get('EXT_PRODUCT'), story.get('EXT_SOURCE_1'));
        const { body } = await backend.post('/explain', { instances: clients.map(({ client_id }) => ({ client_id })) });
        for (const { reasons, contributions } of body.predictions) {
            const nets = new Map();
            for (const { feature, contribution } of contributions)
                nets.set(story.get(feature), (nets.get(story.get(feature)) ?? 0n) + units(contribution));
            const told = reasons.map(({ code }) => story.get(code));
            assert.equal(new Set(told).size, told.length, told.join());
            for (const [i, reason] of reasons.entries()) {
                assert.equal(units(reason.contribution), nets.get(told[i]), reason.code);
                assert.equal(reason.contribution > 0, reason.direction === 'against', reason.code);
                if (i > 0 && reasons[i - 1].direction === reason.direction)
                    assert.ok(Math.abs(reason.contribution) <= Math.abs(reasons[i - 1].contribution), reason.code);
            }
        }
    });
});

test('every replica gives the same input the same answer, alone or among a thousand', async () => {
    const other = await startBackend({ database, env: { THREADS: '1' } });
    try {
        const inputs = [...clients.map(({ client_id }) => ({ client_id })), { application: APPLICATION },
            { application: APPLICATION, bureau: [BUREAU, { ...BUREAU, DAYS_CREDIT: -31 }], bureau_balance: [] },
            { features: {} }, { features: { EXT_SOURCE_2: 0.26, AMT_CREDIT: 406597.5, DAYS_BIRTH: -12345 } }];
        const instances = Array.from({ length: 1000 }, (_, index) => inputs[index % inputs.length]);
        for (const path of ['/predict', '/explain?top=5&lang=en']) {
            const one = (await backend.post(path, { instances })).body.predictions;
            const two = (await other.post(path, { instances })).body.predictions;
            const plain = (list) => list.map((prediction) => JSON.stringify({ ...prediction, request_id: '' }));
            assert.deepEqual(plain(one), plain(two));
            for (const [index, input] of inputs.entries()) {
                const alone = await (index % 2 ? backend : other).post(path, input);
                assert.deepEqual(plain([alone.body]), plain([one[index]]), JSON.stringify(input));
                assert.deepEqual(plain([one[index + inputs.length]]), plain([one[index]]));
            }
        }
    } finally {
        await other.stop();
    }
});

test('many at once get each their own answer', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) =>
        backend.post(index % 4 ? '/predict' : '/explain?top=3', { client_id: clients[index % clients.length].client_id })));
    for (const [index, { body }] of answers.entries()) {
        assert.equal(body.client_id, clients[index % clients.length].client_id);
        assert.equal(body.probability, clients[index % clients.length].probability);
    }
});
