// How the service lives: health, metrics, headers, slow and broken clients, start and stop.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { KEY, build, environment, importPortfolio, makeDatabase, makeFolder, makePortfolio, model, root, startBackend, until } from './support/backend.js';
import { raw } from './support/raw.js';

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

let backend;
let database;
let client;
before(async () => {
    database = makeDatabase();
    importPortfolio(makePortfolio(100), database);
    backend = await startBackend({ database });
    client = (await backend.get('/clients?limit=1')).body.clients[0];
});
after(() => backend?.stop());

test('HEAD answers like GET without a body', async () => {
    for (const path of ['/v2/health/ready', '/clients', `/clients/${client.client_id}`, '/openapi.json', '/metrics', '/population']) {
        const get = await backend.get(path);
        const head = await backend.call('HEAD', path);
        assert.equal(head.status, 200);
        assert.equal(head.headers.get('content-type'), get.headers.get('content-type'));
        if (path !== '/metrics') assert.equal(Number(head.headers.get('content-length')), Buffer.byteLength(get.text));
    }
});

test('security headers are there, on errors too', async () => {
    for (const answer of [await backend.get('/clients'), await backend.get('/nothing')]) {
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
        assert.equal(answer.headers.get('x-frame-options'), 'DENY');
        assert.match(answer.headers.get('content-security-policy'), /default-src 'none'/);
        assert.equal(answer.headers.get('cache-control'), 'no-store');
        assert.equal(answer.headers.get('server'), null);
    }
});

test('the request id of the caller goes into answer and log, a harmful one does not', async () => {
    const named = await backend.post('/predict', { client_id: client.client_id }, { headers: { 'x-request-id': 'order-66' } });
    assert.equal(named.headers.get('x-request-id'), 'order-66');
    assert.equal(named.body.request_id, 'order-66');
    const long = await backend.get('/nothing', { headers: { 'x-request-id': 'x'.repeat(33) } });
    assert.match(long.body.request_id, /^[0-9a-f]{32}$/);
    await until(() => backend.log.includes('order-66'));
});

test('the log is JSON lines with route, status, duration and no ids of clients', async () => {
    await backend.get(`/clients/${client.client_id}`);
    await backend.get(`/clients/${client.client_id}/comparison?features=AMT_CREDIT`);
    await backend.get(`/clients?query=${client.client_id}`);
    await backend.post('/predict', { client_id: client.client_id });
    await backend.get('/clients/987654321');
    await until(() => backend.log.includes('/clients/:id"') && backend.log.includes('"status":404'));
    assert.ok(!backend.log.includes(String(client.client_id)) && !backend.log.includes('987654321'), 'a client id is in the log');
    for (const line of backend.log.trim().split('\n').slice(0, -1)) {
        const entry = JSON.parse(line);
        assert.ok(entry.time && entry.level && entry.event);
        if (entry.event === 'request') assert.ok('route' in entry && 'status' in entry && 'ms' in entry && 'request_id' in entry);
    }
});

test('metrics are Prometheus text and count', async () => {
    const count = async () => {
        const { text } = await backend.get('/metrics');
        const match = text.match(/^clairscore_http_requests_total\{method="GET",route="\/population",status="200"\} (\d+)$/m);
        return { text, number: Number(match?.[1] ?? 0) };
    };
    const before = await count();
    for (let i = 0; i < 3; i++) await backend.get('/population');
    await backend.post('/predict', { client_id: client.client_id });
    const { text, number } = await count();
    assert.equal(number, before.number + 3);
    const names = new Set();
    const sample = /^([a-z_]+)(\{([a-z]+="(?:[^"\\\n]|\\.)*",?)+\})? (-?[0-9.e+-]+|\+Inf|NaN)$/;
    for (const line of text.trimEnd().split('\n')) {
        if (line.startsWith('# ')) {
            assert.match(line, /^# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|histogram))$/);
            names.add(line.split(' ')[2]);
        } else {
            const [, name] = line.match(sample) ?? assert.fail(line);
            assert.ok(names.has(name) || names.has(name.replace(/_(bucket|sum|count)$/, '')), line);
        }
    }
    assert.ok(text.endsWith('\n'));
    assert.match(text, /^clairscore_model_info\{version="[^"]+",hash="[0-9a-f]{64}"\} 1$/m);
    assert.match(text, /^clairscore_decisions_total\{decision="(granted|refused)"\} [1-9]/m);
    assert.ok(Number(text.match(/^clairscore_clients (\d+)$/m)[1]) >= 100);
    const buckets = [...text.matchAll(/_bucket\{method="GET",route="\/population",status="200",le="([^"]+)"\} (\d+)/g)];
    const counts = buckets.map(([, , value]) => Number(value));
    assert.deepEqual(counts, [...counts].sort((a, b) => a - b));
    assert.equal(buckets.at(-1)[1], '+Inf');
    assert.equal(counts.at(-1), number);
});

test('promtool has nothing to say against the metrics', { skip: !hasPromtool && 'promtool is not installed' }, async () => {
    await backend.post('/explain', { client_id: client.client_id });
    await backend.post('/model/reload');
    await backend.get('/nothing');
    const { text } = await backend.get('/metrics');
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    assert.equal(stdout + stderr, '');
    assert.equal(status, 0);
    for (const name of ['http_requests_total', 'http_request_duration_seconds_bucket', 'http_requests_in_flight', 'decisions_total', 'probability_bucket',
        'model_info', 'model_reloads_total', 'batches', 'clients'])
        assert.match(text, new RegExp(`^clairscore_${name}[{ ]`, 'm'));
    await until(async () => /^clairscore_http_requests_in_flight 1$/m.test((await backend.get('/metrics')).text)); // the one that asks
    assert.ok(Number(text.match(/^process_cpu_seconds_total (.+)$/m)[1]) > 0);
    assert.ok(Math.abs(Number(text.match(/^process_start_time_seconds (.+)$/m)[1]) - Date.now() / 1000) < 600);
});

describe('clients that misbehave', () => {
    let strict;
    before(async () => { strict = await startBackend({ database, env: { REQUEST_TIMEOUT: '1', MAX_BODY_BYTES: '4096' } }); });
    after(() => strict?.stop());

    test('one that stops in the middle of its request is cut off', async () => {
        const body = '{"client_id": 1}';
        for (const parts of [[''], ['POST /pre'], ['POST /predict HTTP/1.1\r\nHost: x\r\n'],
            [`POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n{"cl`]]) {
            const { seconds } = await raw(strict.port, parts);
            assert.ok(seconds > 0.5 && seconds < 5, `${seconds}`);
        }
    });

    test('garbage does no harm', async () => {
        for (const garbage of ['\r\n\r\n', '\0\0\0\0', 'GET\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
            `GET / HTTP/1.1\r\nHost: x\r\nX: ${'b'.repeat(100_000)}\r\n\r\n`, 'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
            'POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n', '\x16\x03\x01\x02\x00\x01'])
            await raw(strict.port, [garbage]).catch(() => undefined);
        assert.equal((await strict.get('/v2/health/ready')).status, 200);
    });

    test('many idle connections do not keep others out', async () => {
        const idle = Array.from({ length: 200 }, () => raw(strict.port, ['GET /v2/']));
        assert.equal((await strict.get('/population')).status, 200);
        await Promise.all(idle);
    });

    test('a body above the limit is refused, chunked or not', async () => {
        const fits = await strict.call('POST', '/predict', { body: `{"features": {}}${' '.repeat(4000)}`, headers: { 'content-type': 'application/json' } });
        assert.equal(fits.status, 200);
        const large = 'x'.repeat(5000);
        const { status } = await strict.call('POST', '/predict', { body: large, headers: { 'content-type': 'application/json' } });
        assert.equal(status, 413);
        const { received } = await raw(strict.port, [
            `POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\n`,
            `Transfer-Encoding: chunked\r\n\r\n${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`]);
        assert.match(received, /^HTTP\/1\.1 413 /);
    });
});

describe('start', () => {
    const start = (env) => spawnSync(build.startsWith('/') ? join(build, 'backend') : join(root, build, 'backend'), [], {
        cwd: root, timeout: 10_000, encoding: 'utf8',
        env: { ...environment, MODEL_DIR: model, DATABASE_URL: database, API_KEY: KEY, ...env },
    });
    const cause = (run) => JSON.parse(run.stderr.trim().split('\n').at(-1)).cause;

    test('without a key it serves on loopback, and nowhere else', async () => {
        const open = await startBackend({ database, env: { API_KEY: '' } });
        assert.equal((await open.get('/clients', { key: '' })).status, 200);
        assert.match(open.log, /no_api_key/);
        await open.stop();
        const refused = start({ API_KEY: '', BIND: '0.0.0.0' });
        assert.equal(refused.status, 1);
        assert.match(cause(refused), /API_KEY/);
    });

    test('a wrong setting is named', () => {
        for (const [env, expected] of [[{ PORT: 'x' }, /PORT/], [{ BIND: 'nowhere' }, /BIND/], [{ DATABASE_URL: 'mysql://x' }, /DATABASE_URL.*sqlite:PATH/],
            [{ MODEL_DIR: '/nonexistent' }, /nonexistent/], [{ PORT: String(backend.port) }, /port/]]) {
            const run = start(env);
            assert.equal(run.status, 1);
            assert.match(cause(run), expected);
        }
    });

    test('a database server that cannot be reached is named, its password is not', () => {
        const run = start({ DATABASE_URL: 'postgres://user:geheim@127.0.0.1:1/clairscore' });
        assert.equal(run.status, 1);
        assert.match(cause(run), /client store postgres:\/\/127\.0\.0\.1:1\/clairscore: it cannot be reached/);
        assert.ok(!run.stderr.includes('geheim'), run.stderr);
    });

    test('a store that is no database is named', () => {
        const path = `${makeFolder()}/x.db`;
        writeFileSync(path, 'no database at all, but long enough to be taken for one '.repeat(50));
        const run = start({ DATABASE_URL: `sqlite:${path}` });
        assert.equal(run.status, 1);
        assert.match(cause(run), /client store/);
    });

    test('with an empty store it is alive, not ready, and becomes ready by an import', async () => {
        const empty = makeDatabase();
        const young = await startBackend({ database: empty, ready: false });
        const { status, headers } = await young.get('/v2/health/ready');
        assert.equal(status, 503);
        assert.ok(Number(headers.get('retry-after')) > 0);
        for (const path of ['/clients', '/population', '/clients/100001', '/population/features/AMT_CREDIT'])
            assert.equal((await young.get(path)).status, 503);
        assert.equal((await young.post('/predict', { client_id: 100001 })).status, 503);
        assert.equal((await young.post('/predict', { features: {} })).status, 200);
        await until(() => young.log.includes('the client store is empty'));
        importPortfolio(makePortfolio(50), empty);
        await until(async () => (await young.get('/v2/health/ready')).status === 200);
        assert.ok((await young.get('/population')).body.size >= 50);
        assert.deepEqual(await young.stop(), { code: 0, signal: null });
    });
});

test('SIGTERM lets running requests finish and takes no new ones', async () => {
    const dying = await startBackend({ database });
    const body = JSON.stringify({ instances: Array(1000).fill({ client_id: client.client_id }) });
    const socket = connect(dying.port, '127.0.0.1');
    let received = '';
    socket.on('data', (bytes) => { received += bytes; });
    const answered = new Promise((resolve, reject) => { socket.on('end', resolve).on('error', reject); });
    socket.write(`POST /explain?top=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\n`
        + `Content-Length: ${body.length}\r\n\r\n${body.slice(0, 100)}`);
    await until(async () => /^clairscore_http_requests_in_flight 2$/m.test((await dying.get('/metrics')).text)); // it and this
    dying.child.kill('SIGTERM');
    await until(() => dying.log.includes('"stopping"'));
    await until(() => raw(dying.port, ['']).then(() => false, (error) => error.code === 'ECONNREFUSED'));
    socket.write(body.slice(100));
    await answered;
    const [head, text] = received.split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 200 /);
    assert.match(head, /\r\nconnection: close/i);
    assert.equal(JSON.parse(text).predictions.length, 1000);
    assert.deepEqual(await dying.ended, { code: 0, signal: null });
});
