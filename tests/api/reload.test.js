// Another model without a lost request: POST /model/reload, SIGHUP, artifacts that are refused.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { importPortfolio, makeDatabase, makePortfolio, model, root, startBackend, until } from './support/backend.js';
import { makeArtifact, makeLink, makeShifted } from './support/artifact.js';

const SHIFT = 0.75;
const shipped = resolve(root, model);
let database;
let shifted;
before(() => {
    database = makeDatabase();
    importPortfolio(makePortfolio(300), database);
    shifted = makeShifted(SHIFT);
});

/** Loads the model again and waits for how it went: the state that GET tells, and the answer to POST. */
async function reloadModel(backend) {
    const answer = await backend.post('/model/reload');
    let state = (await backend.get('/model/reload')).body;
    await until(async () => {
        state = (await backend.get('/model/reload')).body;
        return state.state !== 'running';
    }, 60_000);
    return { answer, state };
}

/** Runs `work` while `callers` call without pause; returns every answer. */
async function underLoad(callers, call, work) {
    const answers = [];
    let going = true;
    const loops = Array.from({ length: callers }, async (_, i) => {
        while (going) answers.push(await call(i));
    });
    await work();
    going = false;
    await Promise.all(loops);
    return answers;
}

describe('a reload', () => {
    let backend;
    let link;
    let client;
    before(async () => {
        link = makeLink(shipped);
        backend = await startBackend({ database, env: { MODEL_DIR: link.path } });
        client = (await backend.get('/clients?limit=1')).body.clients[0].client_id;
    });
    after(() => backend?.stop());

    const margin = async () => (await backend.post('/explain?top=1', { client_id: client })).body.margin;
    const reload = async (target) => {
        link.put(target);
        const { answer, state } = await reloadModel(backend);
        assert.ok(answer.status === 200 || answer.status === 202, `${answer.status}`);
        assert.equal(state.state, 'done');
        if (answer.status === 200) assert.deepEqual(answer.body, state);
        return state;
    };

    test('nothing was loaded again at first', async () => {
        const { body } = await backend.get('/model/reload');
        assert.equal(body.state, 'none');
        assert.equal(body.began, null);
        assert.equal(body.model.version, (await backend.get('/model')).body.version);
    });

    test('takes the new model and the clients as it scores them, and goes back', async () => {
        const first = await margin();
        const population = (await backend.get('/population')).body;
        const list = (await backend.get('/clients?limit=100')).body.clients;
        const told = await reload(shifted);
        assert.equal(told.model.version, 'shifted');
        assert.deepEqual((await backend.get('/model/reload')).body, told);
        assert.equal((await backend.get('/model')).body.hash, told.model.hash);
        assert.ok(Math.abs(await margin() - first - SHIFT) < 2e-9);
        const riskier = (await backend.get('/population')).body;
        assert.ok(riskier.mean_probability > population.mean_probability);
        assert.ok(riskier.refused_share > population.refused_share);
        const odds = (p) => Math.log(p / (1 - p));
        for (const [i, after] of (await backend.get('/clients?limit=100')).body.clients.entries())
            assert.ok(Math.abs(odds(after.probability) - odds(list[i].probability) - SHIFT) < 1e-6);
        const { text } = await backend.get('/metrics');
        assert.ok(text.includes(`clairscore_model_info{version="shifted",hash="${told.model.hash}"} 1`));
        await reload(shipped);
        assert.equal(await margin(), first);
        assert.deepEqual((await backend.get('/population')).body, population);
        assert.deepEqual((await backend.get('/clients?limit=100')).body.clients, list);
    });

    test('twenty under load lose no request, and no answer mixes two models', async () => {
        const alone = new Map();
        for (const target of [shifted, shipped]) {
            const { model: { version } } = await reload(target);
            alone.set(version, {
                predict: (await backend.post('/predict', { client_id: client })).body.probability,
                client: (await backend.get(`/clients/${client}`)).body.score.probability,
            });
        }
        let conflicts = 0;
        const answers = await underLoad(4, async (i) => {
            const { status, body } = i % 2 ? await backend.post('/predict', { client_id: client }) : await backend.get(`/clients/${client}`);
            return { status, kind: i % 2 ? 'predict' : 'client', score: i % 2 ? body : body.score };
        }, async () => {
            for (let i = 0; i < 20; i++) {
                link.put(i % 2 ? shipped : shifted);
                const asked = await Promise.all(Array.from({ length: i % 5 ? 1 : 3 }, () => reloadModel(backend)));
                const statuses = asked.map(({ answer }) => answer.status);
                assert.ok(statuses.some((status) => status === 200 || status === 202));
                assert.ok(statuses.every((status) => [200, 202, 409].includes(status)), `${statuses}`);
                for (const { state } of asked) assert.equal(state.state, 'done');
                conflicts += statuses.filter((status) => status === 409).length;
            }
        });
        assert.ok(answers.length > 100, `${answers.length}`);
        assert.ok(conflicts > 0);
        const seen = new Set();
        for (const { status, kind, score } of answers) {
            assert.equal(status, 200);
            seen.add(score.model.version);
            assert.equal(score.probability, alone.get(score.model.version)[kind]);
        }
        assert.equal(seen.size, 2);
        const reloads = (await backend.get('/metrics')).text.match(/^clairscore_model_reloads_total\{outcome="done"\} (\d+)$/m);
        assert.ok(Number(reloads[1]) >= 20);
    });

    test('SIGHUP does the same', async () => {
        await reload(shipped);
        link.put(shifted);
        backend.child.kill('SIGHUP');
        await until(async () => (await backend.get('/model')).body.version === 'shifted', 60_000);
        await until(async () => (await backend.get('/model/reload')).body.state !== 'running', 60_000); // or the next is refused
        assert.equal(backend.exited, false);
        assert.ok(backend.log.includes('"model_loaded"'));
        await reload(shipped);
    });

    test('an artifact that cannot be served is refused by its fault, and the running one stays', async () => {
        const before = await margin();
        const { hash } = (await backend.get('/model')).body;
        const damaged = makeArtifact();
        writeFileSync(join(damaged, 'reference.json'), '{"golden": [');
        const incomplete = makeArtifact();
        rmSync(join(incomplete, 'model.ubj'));
        const trees = makeArtifact();
        writeFileSync(join(trees, 'model.ubj'), 'no trees');
        for (const [artifact, fault] of [
            [makeArtifact(({ reference }) => { reference.golden[2].margin += 1e-3; }), /reference\.json: golden row 2 is off by 0\.001/],
            [makeArtifact(({ reference }) => { reference.golden = []; }), /reference\.json: no golden rows/],
            [makeArtifact(({ document }) => { document.calibration.intercept += 0.1; }), /golden row 0 is off by 0\.1/],
            [makeArtifact(({ document }) => { document.features[3] = 'SHOE_SIZE'; }), /no feature "SHOE_SIZE"/],
            [makeArtifact(({ document }) => { document.threshold.value = 2; }), /model\.json: the threshold must lie between 0 and 1/],
            [damaged, /damaged/], [incomplete, /missing/], [trees, /./], ['/nonexistent', /missing/]]) {
            link.put(artifact);
            const { answer: { status, body }, state: told } = await reloadModel(backend);
            assert.ok(status === 422 || status === 202, `${status}`);
            if (status === 422) assert.match(body.detail, /^The model was not taken over; version \S+ still answers\./);
            if (status === 422) assert.ok(body.detail.endsWith(told.detail));
            assert.ok(!/\/tmp|jansson|dmlc|json_|\bat 0x/i.test(told.detail), told.detail);
            assert.equal(told.state, 'refused');
            assert.match(told.detail, fault);
            assert.equal(told.model.hash, hash);
            assert.equal(await margin(), before);
            assert.equal((await backend.get('/v2/health/ready')).status, 200);
        }
        assert.match((await backend.get('/metrics')).text, /^clairscore_model_reloads_total\{outcome="refused"\} 9$/m);
        assert.equal(backend.log.split('"model_refused"').length - 1, 9);
        assert.equal((await reload(shipped)).model.hash, hash);
    });
});

test('a model is taken before there is a population, and the population follows', async () => {
    const empty = makeDatabase();
    const link = makeLink(shipped);
    const backend = await startBackend({ database: empty, ready: false, env: { MODEL_DIR: link.path } });
    await until(() => backend.log.includes('population_not_loaded'));
    link.put(shifted);
    assert.equal((await reloadModel(backend)).state.state, 'done');
    assert.equal((await backend.get('/v2/health/ready')).status, 503);
    assert.equal((await backend.post('/predict', { features: {} })).body.model.version, 'shifted');
    importPortfolio(makePortfolio(50), empty);
    await until(async () => (await backend.get('/v2/health/ready')).status === 200);
    const { client_id: id, probability } = (await backend.get('/clients?limit=1')).body.clients[0];
    assert.equal((await backend.post('/predict', { client_id: id })).body.probability, probability);
    await backend.stop();
});

test('replicas with different models on one store leave its scores alone, and each other', async () => {
    const [one, two] = await Promise.all([startBackend({ database }), startBackend({ database, env: { MODEL_DIR: shifted } })]);
    const of = async (replica) => (await replica.get('/clients?limit=50')).body.clients;
    const first = [await of(one), await of(two)];
    assert.notDeepEqual(first[0], first[1]);
    assert.ok(two.log.includes('"rescoring"'));
    await new Promise((resume) => { setTimeout(resume, 2500); }); // more than twice the time between two looks at the store
    assert.deepEqual([await of(one), await of(two)], first);
    for (const replica of [one, two]) {
        assert.equal(replica.log.split('"population_loaded"').length - 1, 1);
        await replica.stop();
    }
});
