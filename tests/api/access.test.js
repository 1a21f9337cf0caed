// API keys, their scopes and ends; how often a caller may ask.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { KEY, build, environment, importPortfolio, makeDatabase, makePortfolio, root, startBackend, until } from './support/backend.js';
import { openapi } from './support/contract.js';

let database;
before(() => {
    database = makeDatabase();
    importPortfolio(makePortfolio(50), database);
});

function run(...args) {
    const file = build.startsWith('/') ? join(build, 'keys') : join(root, build, 'keys');
    return spawnSync(file, args, { cwd: root, encoding: 'utf8', env: environment });
}
function create(scopes, { name = 'a test', store = database, expires = [] } = {}) {
    const { status, stdout, stderr } = run('create', '--name', name, '--scopes', scopes, ...expires, '--database', store);
    assert.equal(status, 0, stderr);
    return stdout.trim();
}
const idOf = (key) => key.slice(0, 17);
const works = (backend, key) => until(async () => (await backend.get('/clients', { key })).status === 200);

describe('keys', () => {
    let backend;
    before(async () => { backend = await startBackend({ database }); });
    after(() => backend?.stop());

    test('create shows a key once, the database does not hold it', async () => {
        const { stdout, stderr } = run('create', '--name', 'portail été', '--scopes', 'read', '--database', database);
        assert.match(stdout, /^clsc_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\n$/);
        assert.match(stderr, /only time/);
        const key = stdout.trim();
        assert.ok(stderr.includes(idOf(key)) && !stderr.includes(key));
        if (database.startsWith('sqlite:')) {
            for (const file of ['', '-wal']) {
                const bytes = readFileSync(database.slice('sqlite:'.length) + file, 'latin1');
                assert.ok(!bytes.includes(key.slice(18)));
            }
        }
        const listed = run('list', '--database', database).stdout;
        assert.match(listed, new RegExp(`^${idOf(key)} +read +\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\dZ +- +- +.*portail été$`, 'm'));
        assert.ok(!listed.includes(key.slice(18)));
        await works(backend, key);
        await until(() => backend.log.includes(`"caller":"${idOf(key)}"`));
        assert.ok(!backend.log.includes(key.slice(18)) && !backend.log.includes('portail'));
    });

    test('every operation needs the scope that the contract names', async () => {
        const keys = Object.fromEntries(['score', 'read', 'decide', 'operate'].map((scope) => [scope, create(scope)]));
        await works(backend, keys.read);
        await until(async () => (await backend.get('/clients', { key: keys.operate })).status === 403);
        for (const [path, item] of Object.entries(openapi.paths)) {
            for (const [method, operation] of Object.entries(item)) {
                const address = path.replaceAll(/\{[^}]+\}/g, '1');
                if (operation.security?.length === 0) {
                    assert.notEqual((await backend.call(method.toUpperCase(), address, { key: '' })).status, 401, path);
                    continue;
                }
                const [needed] = operation.security?.[0].key ?? [];
                assert.ok(needed in keys, `${method} ${path} names no scope`);
                assert.ok('403' in operation.responses && '429' in operation.responses, `${method} ${path}`);
                for (const [scope, key] of Object.entries(keys)) {
                    const answer = await backend.call(method.toUpperCase(), address, { key });
                    assert.equal(answer.status === 403, scope !== needed, `${method} ${path} with ${scope}: ${answer.status}`);
                    if (scope === needed) continue;
                    assert.equal(answer.body.detail, `This call needs a scope that was not granted: ${needed}.`);
                    assert.equal(answer.headers.get('www-authenticate'), `Bearer realm="clairscore", error="insufficient_scope", scope="${needed}"`);
                }
            }
        }
    });

    test('several scopes add up; the key of API_KEY has all', async () => {
        const key = create('score, read');
        await works(backend, key);
        assert.equal((await backend.post('/predict', { features: {} }, { key })).status, 200);
        assert.equal((await backend.post('/predict', { features: {} }, { key: KEY })).status, 200);
    });

    test('one that is revoked ends within two seconds, on every replica, and says so', async () => {
        const key = create('read');
        const replica = await startBackend({ database });
        await works(backend, key);
        await works(replica, key);
        assert.equal(run('revoke', idOf(key), '--database', database).status, 0);
        const revoked = Date.now();
        for (const server of [backend, replica]) {
            await until(async () => (await server.get('/clients', { key })).status === 401);
            assert.ok(Date.now() - revoked < 5000, `${Date.now() - revoked} ms`);
            const { body } = await server.get('/clients', { key });
            assert.equal(body.detail, 'This API key was revoked.');
        }
        const wrong = await backend.get('/clients', { key: `${key.slice(0, -1)}${key.endsWith('x') ? 'y' : 'x'}` });
        assert.equal(wrong.body.detail, 'This API key is not accepted.');
        await replica.stop();
        const again = run('revoke', idOf(key), '--database', database);
        assert.equal(again.status, 1);
        assert.match(again.stderr, /revoked already/);
    });

    test('records of decisions name it', async () => {
        const key = create('decide', { name: 'portail été' });
        const [{ client_id: client, decision }] = (await backend.get('/clients?limit=1')).body.clients;
        let answer;
        await until(async () => {
            answer = await backend.post('/decisions', { client_id: client, decision, advisor: 'm.durand' }, { key });
            return answer.status !== 401;
        });
        assert.equal(answer.status, 201, answer.text);
        assert.equal(answer.body.identity, `key:${idOf(key).slice(5)}:portail été`);
    });

    test('its last use is noted', async () => {
        const key = create('read');
        const server = await startBackend({ database });
        await works(server, key);
        await server.stop();
        const line = run('list', '--database', database).stdout.split('\n').find((one) => one.startsWith(idOf(key)));
        assert.match(line, /Z +- +- +\d{4}-\d\d-\d\dT\d\d:\d\dZ +a test$/);
    });

    for (const [name, args, message] of [
        ['no name', ['create', '--scopes', 'read'], /--name/],
        ['a long name', ['create', '--name', 'x'.repeat(101), '--scopes', 'read'], /1 to 100 bytes/],
        ['a name that forges lines', ['create', '--name', 'a\nb', '--scopes', 'read'], /control/],
        ['no scope', ['create', '--name', 'x'], /score, read, decide, operate/],
        ['an unknown scope', ['create', '--name', 'x', '--scopes', 'read,writ'], /"writ"/],
        ['an end that was', ['create', '--name', 'x', '--scopes', 'read', '--expires', '0'], /1 to 36500/],
        ['an end in no days', ['create', '--name', 'x', '--scopes', 'read', '--expires', '1d'], /"1d"/],
        ['an id that is none', ['revoke', 'portail'], /clsc_/],
        ['an id that is not there', ['revoke', 'clsc_000000000000'], /no key/],
    ])
        test(`the command names ${name}`, () => {
            const { status, stdout, stderr } = run(...args, '--database', database);
            assert.equal(status, 1);
            assert.equal(stdout, '');
            assert.match(stderr, message);
        });

    test('the command tells how it is used', () => {
        for (const args of [[], ['create', 'x'], ['list', 'x'], ['revoke'], ['show'], ['list', '--scopes', 'read'], ['--nope']])
            assert.equal(run(...args).status, 2, args.join(' '));
        assert.match(run('--help').stdout, /^Usage: keys create/);
    });
});

test('a server that asked for nothing asks when the first key is there, and goes on when it is revoked', async () => {
    const store = makeDatabase();
    importPortfolio(makePortfolio(20), store);
    const open = await startBackend({ database: store, env: { API_KEY: '' } });
    assert.equal((await open.get('/clients', { key: '' })).status, 200);
    assert.equal((await open.get('/clients', { key: 'any' })).status, 200);
    const key = create('read', { store });
    await until(async () => (await open.get('/clients', { key: '' })).status === 401);
    assert.equal((await open.get('/clients', { key })).status, 200);
    run('revoke', idOf(key), '--database', store);
    await until(async () => (await open.get('/clients', { key })).status === 401);
    assert.equal((await open.get('/clients', { key: '' })).status, 401);
    await open.stop();
    const outside = await startBackend({ database: store, env: { API_KEY: '', BIND: '0.0.0.0' } });
    assert.equal((await outside.get('/clients', { key: '' })).status, 401);
    await outside.stop();
});

describe('RATE_LIMIT', () => {
    let backend;
    before(async () => { backend = await startBackend({ database, env: { RATE_LIMIT: '20' } }); });
    after(() => backend?.stop());
    // The bucket fills while the test runs, a request's worth every three seconds.
    const near = (answer, remaining, reset) => {
        const [limit, ...found] = numbers(answer);
        assert.equal(limit, 20);
        assert.ok(found[0] >= remaining && found[0] <= remaining + 1 && found[1] <= reset && found[1] > reset - 4, `${found}, ${remaining} ${reset}`);
    };
    const numbers = ({ headers }) => ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`ratelimit-${name}`)));

    test('answers tell what is left; at the end 429 says when to come back', async () => {
        for (let i = 1; i <= 20; i++) {
            const answer = await backend.get('/clients?limit=1');
            assert.equal(answer.status, 200);
            near(answer, 20 - i, 3 * i);
            assert.equal(answer.headers.get('ratelimit-policy'), '20;w=60');
        }
        const answer = await backend.get('/clients');
        assert.equal(answer.status, 429);
        near(answer, 0, 60);
        const seconds = Number(answer.headers.get('retry-after'));
        assert.ok(seconds >= 1 && seconds <= 3, `${seconds}`);
        assert.match(answer.body.detail, /^More than 20 requests a minute\. Try again in \d seconds?\.$/);
        await new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });
        assert.equal((await backend.get('/clients')).status, 200);
        assert.equal((await backend.get('/clients')).status, 429);
    });

    test('each key has its own bucket, and so have addresses without one', async () => {
        const key = create('read');
        await works(backend, key);
        assert.ok(numbers(await backend.get('/clients', { key }))[1] > 0);
        let answer;
        for (let i = 0; i < 30 && answer?.status !== 429; i++) {
            answer = await backend.get('/clients', { key: `wrong ${i}` });
            assert.ok(answer.status === 401 || answer.status === 429);
        }
        assert.equal(answer.status, 429);
        assert.equal((await backend.get('/clients', { key: '' })).status, 429);
        assert.equal((await backend.get('/clients', { key })).status, 200);
    });

    test('what is open is not counted', async () => {
        for (let i = 0; i < 30; i++) assert.equal((await backend.get('/v2/health/live', { key: '' })).status, 200);
    });

    test('without it there is no limit and no word of one', async () => {
        const free = await startBackend({ database });
        const answers = await Promise.all(Array.from({ length: 100 }, () => free.get('/clients?limit=1')));
        for (const { status, headers } of answers) {
            assert.equal(status, 200);
            assert.equal(headers.get('ratelimit-limit'), null);
        }
        await free.stop();
    });
});
