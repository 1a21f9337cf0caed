// docs/limits.md: its values are those of programs and sources, and one more than each of them gets the answer it tells.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build, environment, importPortfolio, makeDatabase, makePortfolio, root, startBackend, until } from './support/backend.js';
import { validate, schemaAt } from './support/contract.js';
import { AUDIENCE, makeClaims, makeKey, makeToken, startProvider } from './support/provider.js';
import { raw } from './support/raw.js';

const program = (name) => (build.startsWith('/') ? join(build, name) : join(root, build, name));

/** The rows of the tables: what a caller meets, what bounds memory and waiting, what the dashboard bounds. */
const tables = readFileSync(join(root, 'docs/limits.md'), 'utf8').split('\n## ').slice(1).map((section) =>
    [...section.matchAll(/^\| `([A-Z_]+)`(?: \(([^)]+)\))? \| (\d+) \| (.*) \| (.*) \|$/gm)]
        .map(([, name, file, value, , answer]) => ({ name, file, value: Number(value), answer })));
const limit = Object.fromEntries(tables.flat().map(({ name, value }) => [name, value]));

test('the values are those of the program and the sources', () => {
    assert.ok(tables[0].length > 15 && tables[1].length > 10 && tables[2].length > 10);
    const help = execFileSync(program('backend'), ['--help'], { cwd: root }).toString();
    for (const { name, file, value } of tables.flat()) {
        const found = file ? readFileSync(join(root, file), 'utf8').match(new RegExp(`\\b${name} = (\\d+)`))
            : help.match(new RegExp(`^ {2}${name} .*\\(default: (\\d+)\\)$`, 'm'));
        assert.equal(Number(found?.[1]), value, name);
    }
});

test('every setting that is a number is there', () => {
    const help = execFileSync(program('backend'), ['--help'], { cwd: root }).toString();
    for (const [, name] of help.matchAll(/^ {2}([A-Z_]+) .*\(default: \d+\)$/gm)) assert.ok(name === 'PORT' || name in limit, name);
});

describe('one more than', () => {
    let backend;
    let strict; // with limits that are quick to reach
    let hasty;
    let provider;
    let client;
    let proposed;
    const signer = makeKey('EdDSA', 'one');
    const STRICT = { MAX_BODY_BYTES: 4096, MAX_INSTANCES: 3, MAX_PAGE_SIZE: 5 };
    const HASTY = { MAX_CONNECTIONS: 8, REQUEST_TIMEOUT: 1, THREADS: 2 }; // no fetch: it would use connections that are just being closed
    before(async () => {
        const database = makeDatabase();
        importPortfolio(makePortfolio(50), database);
        provider = await startProvider([signer]);
        backend = await startBackend({ database, env: { OIDC_ISSUER: provider.issuer, OIDC_AUDIENCE: AUDIENCE } });
        const settings = (limits) => Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, String(value)]));
        strict = await startBackend({ database, env: settings(STRICT) });
        hasty = await startBackend({ database, env: settings(HASTY) });
        [{ client_id: client, decision: proposed }] = (await backend.get('/clients?limit=1')).body.clients;
        await until(() => backend.log.includes('issuer_keys_fetched'));
    });
    after(async () => {
        await backend?.stop();
        await strict?.stop();
        await hasty?.stop();
        provider?.stop();
    });

    /** What the call answers; `good` and `bad` are requests at the limit and beyond. */
    const edge = async (status, good, bad) => {
        const fine = await good;
        assert.equal(fine.status, 200, fine.text);
        const answer = await bad;
        assert.equal(answer.status, status, answer.text);
        assert.equal(answer.body.status, status);
    };
    const list = (count) => ({ instances: Array(count).fill({ features: {} }) });
    const padded = (bytes) => ({ body: `{"features": {}}${' '.repeat(bytes - 16)}`, headers: { 'content-type': 'application/json' } });
    /** A raw request to /v2/health/live with this path and these header lines; [status, body]. */
    const head = async (path, lines = '') => {
        const { received } = await raw(backend.port, [`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n`]);
        return [Number(received.split(' ')[1]), received.slice(received.indexOf('\r\n\r\n') + 4)];
    };
    const problem = ([status, text], expected) => {
        assert.equal(status, expected, text);
        validate(schemaAt('components', 'schemas', 'Problem'), JSON.parse(text), text);
    };
    const live = '/v2/health/live';
    /** A decision with a text of so many characters, each of four bytes, and one with one more. */
    const text = async (field, characters) => {
        const ask = (count) => backend.post('/decisions', { client_id: client, decision: proposed, [field]: '\u{1f3e6}'.repeat(count) });
        const fine = await ask(characters);
        assert.equal(fine.status, 201, fine.text);
        const { status, body } = await ask(characters + 1);
        assert.equal(status, 422);
        assert.equal(body.errors[0].pointer, `/${field}`);
    };
    const keys = (...args) => spawnSync(program('keys'), ['create', '--scopes', 'read', ...args, '--database', makeDatabase()], { cwd: root, encoding: 'utf8', env: environment });

    const checks = {
        MAX_BODY_BYTES: async () => {
            await edge(413, strict.call('POST', '/predict', padded(STRICT.MAX_BODY_BYTES)), strict.call('POST', '/predict', padded(STRICT.MAX_BODY_BYTES + 1)));
            await edge(413, backend.call('POST', '/predict', padded(limit.MAX_BODY_BYTES)), backend.call('POST', '/predict', padded(limit.MAX_BODY_BYTES + 1)));
        },
        MAX_INSTANCES: async () => {
            await edge(422, strict.post('/predict', list(STRICT.MAX_INSTANCES)), strict.post('/predict', list(STRICT.MAX_INSTANCES + 1)));
            await edge(422, backend.post('/predict', list(limit.MAX_INSTANCES)), backend.post('/predict', list(limit.MAX_INSTANCES + 1)));
        },
        MAX_PAGE_SIZE: async () => {
            await edge(422, strict.get(`/clients?limit=${STRICT.MAX_PAGE_SIZE}`), strict.get(`/clients?limit=${STRICT.MAX_PAGE_SIZE + 1}`));
            await edge(422, backend.get(`/clients?limit=${limit.MAX_PAGE_SIZE}`), backend.get(`/clients?limit=${limit.MAX_PAGE_SIZE + 1}`));
        },
        MAX_CONNECTIONS: async () => {
            const idle = Array.from({ length: HASTY.MAX_CONNECTIONS }, () => raw(hasty.port, ['GET /']));
            await new Promise((resolve) => { setTimeout(resolve, 200); });
            let idleOnes = idle.length;
            for (const one of idle) one.then(() => { idleOnes--; });
            const { received } = await raw(hasty.port, [`GET ${live} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`]);
            assert.match(received, /^HTTP\/1\.1 200 /);
            assert.ok(idleOnes < idle.length, 'it was answered before a connection was free');
            await Promise.all(idle);
        },
        REQUEST_TIMEOUT: async () => {
            const { received, seconds } = await raw(hasty.port, ['GET /']);
            assert.equal(received, '');
            assert.ok(seconds > 0.5 && seconds < 5, `${seconds}`);
        },
        RATE_LIMIT: async () => assert.equal(limit.RATE_LIMIT, 0), // access.test.js asks too often
        HTTP_URI_BYTES: async () => {
            const query = (bytes) => `${live}?${'x'.repeat(bytes - live.length - 1)}`;
            problem(await head(query(limit.HTTP_URI_BYTES)), 422); // an unknown parameter, that was read
            problem(await head(query(limit.HTTP_URI_BYTES + 1)), 414);
        },
        HTTP_PATH_BYTES: async () => {
            const path = (bytes) => `/population/features/${'X'.repeat(bytes - 21)}`;
            assert.match((await backend.get(path(limit.HTTP_PATH_BYTES - 1))).body.detail, /feature/);
            assert.equal((await backend.get(path(limit.HTTP_PATH_BYTES))).body.detail, 'There is nothing at this address.');
        },
        HTTP_HEADERS: async () => {
            const lines = (count) => Array.from({ length: count - 2 }, (_, index) => `X-${index}: a\r\n`).join('');
            assert.equal((await head(live, lines(limit.HTTP_HEADERS)))[0], 200);
            problem(await head(live, lines(limit.HTTP_HEADERS + 1)), 431);
        },
        HTTP_HEADER_BYTES: async () => {
            const line = (bytes) => `X: ${'a'.repeat(bytes - 'Host'.length - 'x'.length - 'Connection'.length - 'close'.length - 1)}\r\n`;
            assert.equal((await head(live, line(limit.HTTP_HEADER_BYTES)))[0], 200);
            problem(await head(live, line(limit.HTTP_HEADER_BYTES + 1)), 431);
        },
        HEAD_MEMORY: async () => {
            assert.equal((await head(live, `X: ${'a'.repeat(limit.HEAD_MEMORY)}\r\n`))[0], 431);
            assert.equal((await head(`/${'a'.repeat(limit.HEAD_MEMORY)}`))[0], 414);
        },
        HTTP_REQUEST_ID: async () => {
            const sent = (length) => backend.get(live, { headers: { 'x-request-id': 'a'.repeat(length) } });
            assert.equal((await sent(limit.HTTP_REQUEST_ID - 1)).headers.get('x-request-id'), 'a'.repeat(limit.HTTP_REQUEST_ID - 1));
            assert.match((await sent(limit.HTTP_REQUEST_ID)).headers.get('x-request-id'), /^[0-9a-f]{32}$/);
        },
        REQUEST_PROBLEMS: async () => {
            const { status, body } = await backend.post('/predict', { instances: Array(limit.MAX_INSTANCES).fill({ features: { A: 1, B: 1 } }) });
            assert.equal(status, 422);
            assert.ok(body.errors.length >= limit.REQUEST_PROBLEMS && body.errors.length < limit.REQUEST_PROBLEMS + 10);
        },
        INSTANCE_HISTORY_ROWS: async () => {
            const rows = (count) => backend.post('/predict', { application: {}, bureau: Array(count).fill({}) });
            assert.ok((await rows(limit.INSTANCE_HISTORY_ROWS)).status === 200);
            const { status, body } = await rows(limit.INSTANCE_HISTORY_ROWS + 1);
            assert.equal(status, 422);
            assert.equal(body.errors[0].pointer, '/bureau');
        },
        TOP_LIMIT: () => edge(422, backend.post(`/explain?top=${limit.TOP_LIMIT}`, { features: {} }), backend.post(`/explain?top=${limit.TOP_LIMIT + 1}`, { features: {} })),
        SUMMARY_FEATURES: () => edge(422, backend.get(`/model/summary?top=${limit.SUMMARY_FEATURES}`), backend.get(`/model/summary?top=${limit.SUMMARY_FEATURES + 1}`)),
        NEIGHBOURS_LIMIT: async () => {
            const ask = (count) => backend.get(`/clients/${client}/similar?k=${count}`);
            await edge(422, ask(limit.NEIGHBOURS_LIMIT), ask(limit.NEIGHBOURS_LIMIT + 1));
        },
        REQUEST_FEATURES: async () => {
            const { features } = (await backend.get('/features')).body;
            const ask = (count) => backend.get(`/clients/${client}/comparison?features=${features.slice(0, count).map(({ name }) => name)}`);
            await edge(422, ask(limit.REQUEST_FEATURES), ask(limit.REQUEST_FEATURES + 1));
        },
        EACH_LIMIT: async () => {
            const ask = (each) => backend.get(`/population/pair?x=AMT_CREDIT&y=EXT_SOURCE_2&each=${each}`);
            await edge(422, ask(limit.EACH_LIMIT), ask(limit.EACH_LIMIT + 1));
        },
        QUERY_DIGITS: () => edge(422, backend.get(`/clients?query=${'1'.repeat(limit.QUERY_DIGITS)}`), backend.get(`/clients?query=${'1'.repeat(limit.QUERY_DIGITS + 1)}`)),
        DECISION_ADVISOR: () => text('advisor', (limit.DECISION_ADVISOR - 1) / 4),
        DECISION_MOTIVE: () => text('motive', (limit.DECISION_MOTIVE - 1) / 4),
        BATCHES_NAME_CHARACTERS: async () => {
            const send = (name, value) => backend.call('POST', `/batches?${new URLSearchParams({ [name]: value })}`, { body: 'SK_ID_CURR\n', headers: { 'content-type': 'text/csv' } });
            for (const name of ['name', 'sender']) {
                const pointers = async (count) => (await send(name, 'x'.repeat(count))).body.errors.map(({ pointer }) => pointer);
                assert.ok(!(await pointers(limit.BATCHES_NAME_CHARACTERS)).includes(`?${name}`));
                assert.deepEqual(await pointers(limit.BATCHES_NAME_CHARACTERS + 1), [`?${name}`]);
            }
        },
        DAYS_LIMIT: () => edge(422, backend.get(`/monitoring/decisions?days=${limit.DAYS_LIMIT}`), backend.get(`/monitoring/decisions?days=${limit.DAYS_LIMIT + 1}`)),
        TOKEN_BYTES: async () => {
            const token = (padding) => makeToken(signer, makeClaims(provider.issuer, { padding: 'x'.repeat(padding) }));
            let padding = 0;
            while (token(padding + 1).length <= limit.TOKEN_BYTES) padding += Math.max(1, Math.floor((limit.TOKEN_BYTES - token(padding + 1).length) / 2));
            await edge(401, backend.get('/clients', { key: token(padding) }), backend.get('/clients', { key: token(padding + 3) }));
        },
        TOKEN_LEEWAY_S: () => {
            const ask = (late) => backend.get('/clients', { key: makeToken(signer, makeClaims(provider.issuer, { exp: Math.floor(Date.now() / 1000) - late })) });
            return edge(401, ask(limit.TOKEN_LEEWAY_S - 10), ask(limit.TOKEN_LEEWAY_S));
        },
        KEY_NAME: () => {
            assert.equal(keys('--name', 'x'.repeat(limit.KEY_NAME - 1)).status, 0);
            assert.equal(keys('--name', 'x'.repeat(limit.KEY_NAME)).status, 1);
        },
        LONGEST_LIFE_DAYS: () => {
            assert.equal(keys('--name', 'x', '--expires', String(limit.LONGEST_LIFE_DAYS)).status, 0);
            assert.equal(keys('--name', 'x', '--expires', String(limit.LONGEST_LIFE_DAYS + 1)).status, 1);
        },
    };
    for (const { name } of tables[0]) test(name, () => (checks[name] ?? assert.fail(`no test reaches ${name}`))());

    test('2048 levels of JSON', async () => {
        const { status } = await backend.call('POST', '/predict', { body: `${'['.repeat(2049)}${']'.repeat(2049)}`, headers: { 'content-type': 'application/json' } });
        assert.equal(status, 400);
    });

    test('heads that could hide a request are refused, and nothing after them is read', async () => {
        const hidden = 'GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n';
        for (const [lines, status] of [
            ['Host: x\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n', 400], ['Host: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n', 400],
            ['Host: x\r\nTransfer-Encoding: gzip, chunked\r\n', 501], ['Host: x\r\nTransfer-Encoding: xchunked\r\n', 501], ['', 400], ['Host: a\r\nHost: b\r\n', 400]]) {
            const { received } = await raw(backend.port, [`POST /predict HTTP/1.1\r\n${lines}\r\n0\r\n\r\n${hidden}`]);
            assert.deepEqual([...received.matchAll(/^HTTP\/1\.1 (\d+) /gm)].map(([, found]) => Number(found)), [status], lines);
            assert.match(received, /^Connection: close\r$/mi);
            validate(schemaAt('components', 'schemas', 'Problem'), JSON.parse(received.split('\r\n\r\n')[1]), lines);
        }
    });
});
