// The Open Inference Protocol V2 as a standard client speaks it: metadata, health, tensors in JSON and in bytes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { importPortfolio, makeDatabase, makePortfolio, startBackend } from './support/backend.js';
import { openapi } from './support/contract.js';

let backend;
let metadata;
let columns;
let version;
let rows; // vectors in the model's order, with gaps
let predicted;
before(async () => {
    const database = makeDatabase();
    importPortfolio(makePortfolio(60), database);
    backend = await startBackend({ database });
    metadata = (await backend.get('/v2/models/clairscore')).body;
    columns = metadata.inputs[0].parameters.columns;
    [version] = metadata.versions;
    const { clients } = (await backend.get('/clients?limit=20')).body;
    const details = await Promise.all(clients.map(async ({ client_id: id }) => (await backend.get(`/clients/${id}`)).body));
    const categories = new Map((await backend.get('/features')).body.features
        .filter(({ type }) => type === 'category').map((entry) => [entry.name, entry.categories.map(({ value }) => value)]));
    rows = details.map(({ fields, features }) => {
        const values = new Map([...fields, ...features].map(({ name, value }) => [name, value]));
        return columns.map((name) => {
            const value = values.get(name);
            return value !== null && categories.has(name) ? categories.get(name).indexOf(value) : value;
        });
    });
    predicted = (await backend.post('/explain', { instances: clients.map(({ client_id: id }) => ({ client_id: id })) })).body.predictions;
});
after(() => backend?.stop());

const infer = (body, options) => backend.post('/v2/models/clairscore/infer', body, options);
const features = (data, shape = [data.length, columns.length]) => ({ name: 'features', datatype: 'FP32', shape, data });
const output = (body, name) => body.outputs.find((tensor) => tensor.name === name);

/** A request with binary tensors: the JSON, then the bytes. */
function binary(request, parts, header = JSON.stringify(request).length) {
    const json = Buffer.from(JSON.stringify(request));
    return backend.call('POST', '/v2/models/clairscore/infer', {
        body: Buffer.concat([json, ...parts]),
        headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(header) },
    });
}

describe('metadata', () => {
    test('the server says what it is', async () => {
        const { body } = await backend.get('/v2');
        assert.equal(body.version, openapi.info.version);
        assert.deepEqual(body.extensions, ['binary_tensor_data']);
        assert.equal((await backend.get('/v2/health/live', { key: '' })).status, 200);
        assert.equal((await backend.get('/v2/health/ready', { key: '' })).status, 200);
    });

    test('the model says what goes in and comes out, with and without its version', async () => {
        assert.deepEqual((await backend.get(`/v2/models/clairscore/versions/${version}`)).body, metadata);
        assert.deepEqual(columns, (await backend.get('/model')).body.features);
        assert.deepEqual(metadata.inputs[0].shape, [-1, columns.length]);
        assert.deepEqual(output(metadata, 'contributions').shape, [-1, columns.length]);
        for (const path of ['/v2/models/clairscore/ready', `/v2/models/clairscore/versions/${version}/ready`])
            assert.deepEqual((await backend.get(path)).body, { name: 'clairscore', ready: true });
    });

    test('another model or version is 404', async () => {
        for (const path of ['/v2/models/other', '/v2/models/other/ready', '/v2/models/clairscore/versions/0', '/v2/models/clairscore/versions/0/ready'])
            assert.match((await backend.get(path)).body.error, /There is no such model: this server has clairscore/);
        assert.equal((await backend.post('/v2/models/clairscore/versions/0/infer', { inputs: [features(rows)] })).status, 404);
    });
});

describe('infer', () => {
    test('one tensor of all features gives what /predict gives', async () => {
        const { status, body } = await infer({ id: 'one', inputs: [features(rows)] });
        assert.equal(status, 200);
        assert.equal(body.id, 'one');
        assert.equal(body.model_version, version);
        assert.deepEqual(body.outputs.map(({ name }) => name), ['probability', 'margin', 'score', 'refused']);
        assert.deepEqual(output(body, 'probability').data, predicted.map(({ probability }) => probability));
        assert.deepEqual(output(body, 'margin').data, predicted.map(({ margin }) => margin));
        assert.deepEqual(output(body, 'score').data, predicted.map(({ score }) => score));
        assert.deepEqual(output(body, 'refused').data, predicted.map(({ decision }) => decision === 'refused'));
        for (const { shape } of body.outputs) assert.deepEqual(shape, [rows.length]);
    });

    test('flat data, doubles, the versioned path and tensors by feature give the same', async () => {
        const { body: first } = await infer({ inputs: [features(rows)] });
        const same = async (answer) => assert.deepEqual((await answer).body, first);
        await same(infer({ inputs: [features(rows.flat(), [rows.length, columns.length])] }));
        await same(infer({ inputs: [{ ...features(rows), datatype: 'FP64' }] }));
        await same(backend.post(`/v2/models/clairscore/versions/${version}/infer`, { inputs: [features(rows)] }));
        await same(infer({
            parameters: {},
            inputs: columns.map((name, i) => ({ name, datatype: 'FP64', shape: i % 2 ? [rows.length] : [rows.length, 1], data: rows.map((row) => row[i]) })),
        }));
    });

    test('features that are not named are missing', async () => {
        const { body } = await infer({ inputs: [{ name: 'EXT_SOURCE_2', datatype: 'FP32', shape: [2], data: [0.25, null] }, { name: 'CODE_GENDER', datatype: 'INT32', shape: [2], data: [1, 0] }] });
        const { predictions } = (await backend.post('/predict', { instances: [{ features: { EXT_SOURCE_2: 0.25, CODE_GENDER: 1 } }, { features: { CODE_GENDER: 0 } }] })).body;
        assert.deepEqual(output(body, 'probability').data, predictions.map(({ probability }) => probability));
    });

    test('contributions are given when they are asked for, and are those of /explain', async () => {
        const { body } = await infer({ inputs: [features(rows)], outputs: [{ name: 'contributions' }, { name: 'base_value' }, { name: 'margin' }] });
        assert.deepEqual(body.outputs.map(({ name }) => name).sort(), ['base_value', 'contributions', 'margin']);
        const { data, shape } = output(body, 'contributions');
        assert.deepEqual(shape, [rows.length, columns.length]);
        for (const [i, { contributions, base_value: base }] of predicted.entries()) {
            assert.equal(output(body, 'base_value').data[i], base);
            const told = new Map(contributions.map(({ feature, contribution }) => [feature, contribution]));
            assert.deepEqual(data.slice(i * columns.length, (i + 1) * columns.length), columns.map((name) => told.get(name)));
        }
    });

    test('bytes after the JSON give the same, NaN as missing', async () => {
        const { body: first } = await infer({ inputs: [features(rows)] });
        const floats = new Float32Array(rows.flat().map((value) => value ?? NaN));
        const header = { name: 'features', datatype: 'FP32', shape: [rows.length, columns.length], parameters: { binary_data_size: floats.byteLength } };
        const answer = await binary({ inputs: [header], outputs: [{ name: 'probability', parameters: { binary_data: true } }] }, [Buffer.from(floats.buffer)]);
        assert.equal(answer.status, 200);
        assert.deepEqual(output(answer.body, 'probability').data, output(first, 'probability').data);
        const gender = columns.indexOf('CODE_GENDER');
        const whole = new BigInt64Array(rows.map((row) => BigInt(row[gender])));
        const amount = columns.indexOf('AMT_CREDIT');
        const doubles = new Float64Array(rows.map((row) => row[amount]));
        const two = await binary({
            inputs: [{ name: 'CODE_GENDER', datatype: 'INT64', shape: [rows.length], parameters: { binary_data_size: whole.byteLength } },
                { name: 'AMT_CREDIT', datatype: 'FP64', shape: [rows.length], parameters: { binary_data_size: doubles.byteLength } }],
        }, [Buffer.from(whole.buffer), Buffer.from(doubles.buffer)]);
        const json = await infer({
            inputs: [{ name: 'CODE_GENDER', datatype: 'INT64', shape: [rows.length], data: rows.map((row) => row[gender]) },
                { name: 'AMT_CREDIT', datatype: 'FP64', shape: [rows.length], data: rows.map((row) => row[amount]) }],
        });
        assert.deepEqual(two.body, json.body);
    });

    test('every error is a problem document that also says error, and names what is wrong', async () => {
        const tensor = (changes) => ({ inputs: [{ name: 'AMT_CREDIT', datatype: 'FP32', shape: [2], data: [1, 2], ...changes }] });
        for (const [request, pointers] of [
            [[], ['', '/inputs']],
            [{}, ['/inputs']],
            [{ inputs: [] }, ['/inputs']],
            [{ inputs: [3] }, ['/inputs/0']],
            [{ id: 7, ...tensor() }, ['/id']],
            [tensor({ name: undefined, shape: undefined, datatype: 'BYTES' }), ['/inputs/0/name', '/inputs/0/datatype', '/inputs/0/shape']],
            [tensor({ name: 'AMT_CREDITT' }), ['/inputs/0/name']],
            [tensor({ shape: [1, 2] }), ['/inputs/0/shape']],
            [tensor({ shape: [-1] }), ['/inputs/0/shape']],
            [tensor({ shape: [2, 1, 1] }), ['/inputs/0/shape']],
            [tensor({ data: undefined }), ['/inputs/0/data']],
            [tensor({ data: [1] }), ['/inputs/0/data']],
            [tensor({ data: [1, 2, 3] }), ['/inputs/0/data']],
            [tensor({ data: [1, 'two'] }), ['/inputs/0/data']],
            [tensor({ data: [[[1]], 2] }), ['/inputs/0/data']],
            [tensor({ name: 'CODE_GENDER', data: [0, 17] }), ['/inputs/0/data/1']],
            [tensor({ data: [1e300, 2] }), ['/inputs/0/data/0']],
            [tensor({ shape: [1001], data: Array(1001).fill(0) }), ['/inputs/0']],
            [{ inputs: [...tensor().inputs, ...tensor().inputs] }, ['/inputs/1']],
            [{ inputs: [...tensor().inputs, features([rows[0], rows[0]])] }, ['/inputs/1']],
            [{ inputs: [...tensor().inputs, ...tensor({ name: 'AMT_ANNUITY', shape: [1], data: [1] }).inputs] }, ['/inputs/1']],
            [{ ...tensor(), outputs: [{ name: 'probabilities' }, 4] }, ['/outputs/0/name', '/outputs/1/name']],
            [{ ...tensor(), outputs: 'probability' }, ['/outputs']],
        ]) {
            const { status, body } = await infer(request);
            assert.equal(status, 422, JSON.stringify(request).slice(0, 200));
            assert.deepEqual(body.errors.map(({ pointer }) => pointer), pointers);
            assert.ok(body.error.startsWith(`${body.errors[0].pointer}: `));
        }
        const text = (body, headers = { 'content-type': 'application/json' }) => backend.call('POST', '/v2/models/clairscore/infer', { body, headers });
        for (const [answer, status] of [
            [await text('{'), 400], [await text(''), 400], [await text('{"inputs": [], "inputs": []}'), 400],
            [await text('<x/>', { 'content-type': 'text/xml' }), 415],
            [await infer(tensor(), { key: '' }), 401], [await infer(tensor(), { headers: { accept: 'text/html' } }), 406],
            [await text(' '.repeat(9 << 20)), 413], [await backend.get('/v2/models'), 404],
            [await backend.get('/v2/models/clairscore/infer'), 405],
        ]) {
            assert.equal(answer.status, status);
            assert.equal(answer.body.error, answer.body.detail);
        }
        const bytes = { inputs: [{ name: 'AMT_CREDIT', datatype: 'FP32', shape: [2], parameters: { binary_data_size: 8 } }] };
        assert.equal((await binary(bytes, [Buffer.alloc(8)])).status, 200);
        assert.deepEqual((await binary(bytes, [Buffer.alloc(7)])).body.errors.map(({ pointer }) => pointer), ['/inputs/0/parameters/binary_data_size']);
        for (const length of ['x', '-1', '1e3', '99999999999999999999', '100000']) assert.equal((await binary(bytes, [Buffer.alloc(8)], length)).status, 400, length);
        bytes.inputs[0].parameters.binary_data_size = -8;
        assert.equal((await binary(bytes, [Buffer.alloc(8)])).status, 422);
        assert.equal((await backend.get('/v2/models/clairscore?x=1')).body.error, '?x: Unknown parameter.');
    });
});
