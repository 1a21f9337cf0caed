// The audit trail: recording, overrides, views that are out of date, repeated requests, lists, exports, replicas, and
// the program that checks it.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { KEY, build, environment, importPortfolio, makeDatabase, makeFolder, makePortfolio, root, startBackend } from './support/backend.js';

const audit = build.startsWith('/') ? join(build, 'audit') : join(root, build, 'audit');
const runAudit = (args, input) => spawnSync(audit, args, { cwd: root, env: environment, input, encoding: 'utf8' });

let database;
let backend;
let granted; // clients by what the model proposes
let refused;
before(async () => {
    database = makeDatabase();
    importPortfolio(makePortfolio(300), database);
    backend = await startBackend({ database });
    const { clients } = (await backend.get('/clients?limit=100')).body;
    granted = clients.filter(({ decision }) => decision === 'granted').map(({ client_id: id }) => id);
    refused = clients.filter(({ decision }) => decision === 'refused').map(({ client_id: id }) => id);
    assert.ok(granted.length > 10 && refused.length > 5);
});
after(() => backend?.stop());

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

/** Checks an export as anybody could, with nothing but a hash function. */
function checkLines(text) {
    let previous = '0'.repeat(64);
    const lines = text.split('\n').slice(0, -1);
    for (const [index, line] of lines.entries()) {
        const { id, hash, previous_hash: before } = JSON.parse(line);
        assert.equal(id, index + 1);
        assert.equal(before, previous);
        assert.equal(sha256(line.replace(/,"hash":"[0-9a-f]{64}"\}$/, '}')), hash);
        previous = hash;
    }
    return lines.length;
}

const trail = async () => (await backend.get('/decisions', { headers: { accept: 'application/x-ndjson' } })).text;

test('nothing has been decided yet', async () => {
    assert.deepEqual((await backend.get('/decisions')).body, { decisions: [], next: null });
    assert.equal(await trail(), '');
    assert.equal((await backend.get('/decisions/1')).status, 404);
    const { status, stdout } = runAudit(['check', '--database', database]);
    assert.equal(status, 0);
    assert.equal(stdout, `0 decisions, unchanged. Anchor: 0:${'0'.repeat(64)}\n`);
});

test('decisions are counted by day, those against the model apart', async () => {
    const store = makeDatabase();
    importPortfolio(makePortfolio(300), store);
    const other = await startBackend({ database: store });
    const decide = (client_id, decision) => other.post('/decisions', { client_id, decision, motive: 'Garant' });
    assert.deepEqual((await other.get('/monitoring/decisions?days=2')).body.days.map(({ granted, refused }) => granted + refused), [0, 0]);
    for (const [client, decision] of [[granted[0], 'granted'], [granted[1], 'refused'], [refused[0], 'refused'], [refused[1], 'granted'], [refused[2], 'granted']])
        assert.equal((await decide(client, decision)).status, 201);
    const { days } = (await other.get('/monitoring/decisions')).body;
    assert.equal(days.length, 30);
    const today = new Date();
    assert.equal(days.at(-1).day, today.toISOString().slice(0, 10));
    for (const [i, { day }] of days.entries()) assert.equal(Date.parse(days.at(-1).day) - Date.parse(day), (29 - i) * 86_400_000);
    const { day, ...counts } = days.at(-1);
    assert.deepEqual(counts, { granted: 3, refused: 2, granted_against: 2, refused_against: 1 });
    assert.deepEqual((await other.get('/monitoring/decisions?days=1')).body.days, [{ day, ...counts }]);
    for (const query of ['days=0', 'days=367', 'days=x', 'weeks=1']) assert.equal((await other.get(`/monitoring/decisions?${query}`)).status, 422, query);
    await other.stop();
});

describe('recording', () => {
    test('holds what /predict and /explain say', async () => {
        const [client] = refused;
        const answer = await backend.post('/decisions', { client_id: client, decision: 'refused', advisor: 'm.durand' });
        assert.equal(answer.status, 201);
        assert.equal(answer.headers.get('location'), `/decisions/${answer.body.id}`);
        const { body: explained } = await backend.post('/explain?lang=en', { client_id: client });
        const { body: model } = await backend.get('/model');
        const { body } = answer;
        for (const name of ['probability', 'score', 'threshold']) assert.equal(body[name], explained[name]);
        assert.equal(body.proposed, explained.decision);
        assert.deepEqual(body.reasons, {
            against: explained.reasons.filter(({ direction }) => direction === 'against').map(({ code }) => code),
            for: explained.reasons.filter(({ direction }) => direction === 'for').map(({ code }) => code),
        });
        assert.deepEqual([body.model.name, body.model.version], [explained.model.name, explained.model.version]);
        if (model.hash) assert.equal(body.model.hash, model.hash);
        assert.deepEqual([body.client_id, body.decision, body.override, body.motive, body.advisor, body.identity, body.previous],
            [client, 'refused', false, null, 'm.durand', 'setting:API_KEY', null]);
        assert.equal(body.request_id, answer.headers.get('x-request-id'));
        assert.ok(Math.abs(Date.parse(body.time) - Date.now()) < 60_000);
        assert.equal((await backend.get(`/decisions/${body.id}`)).text, answer.text);
        const logged = backend.log.split('\n').find((line) => line.includes('decision_recorded'));
        assert.ok(logged.includes(body.hash));
        assert.ok(!logged.includes(String(client)) && !logged.includes('durand'));
    });

    test('the hash of the input is that of the vector, the same whenever the client is the same', async () => {
        const hashes = new Set();
        for (const client of [granted[1], granted[1], granted[2]])
            hashes.add((await backend.post('/decisions', { client_id: client, decision: 'granted' })).body.input_hash);
        assert.equal(hashes.size, 2);
    });

    test('an override needs a motive', async () => {
        for (const [client, decision] of [[refused[1], 'granted'], [granted[3], 'refused']]) {
            for (const motive of [undefined, null]) {
                const { status, body } = await backend.post('/decisions', { client_id: client, decision, motive });
                assert.equal(status, 422);
                assert.deepEqual(body.errors.map(({ pointer }) => pointer), ['/motive']);
            }
            const motive = 'Caution des parents : « oui » \\ "ok"\n\tRevu le 25/11 🙂';
            const { status, body } = await backend.post('/decisions', { client_id: client, decision, motive });
            assert.equal(status, 201);
            assert.deepEqual([body.override, body.motive], [true, motive]);
        }
    });

    test('the longest texts, and not one character more', async () => {
        const json = { client_id: granted[0], decision: 'granted', motive: '🙂'.repeat(2000), advisor: 'é'.repeat(128) };
        const { status, body } = await backend.post('/decisions', json);
        assert.equal(status, 201);
        assert.deepEqual([body.motive, body.advisor], [json.motive, json.advisor]);
        const longer = await backend.post('/decisions', { ...json, motive: `${json.motive}.`, advisor: `${json.advisor}.` });
        assert.equal(longer.status, 422);
        assert.deepEqual(longer.body.errors.map(({ pointer }) => pointer), ['/motive', '/advisor']);
    });
});

describe('wrong requests record nothing', () => {
    let count;
    before(async () => { count = checkLines(await trail()); });
    after(async () => assert.equal(checkLines(await trail()), count));

    const cases = [
        ['nothing', {}, ['/client_id', '/decision']],
        ['a list', [], ['']],
        ['a text as client', { client_id: '1', decision: 'granted' }, ['/client_id']],
        ['a client below 0', { client_id: -1, decision: 'granted' }, ['/client_id']],
        ['a client beyond what JSON readers hold', { client_id: 9007199254740993, decision: 'granted' }, ['/client_id']],
        ['another word', { client_id: 1, decision: 'Granted' }, ['/decision']],
        ['a truth value as decision', { client_id: 1, decision: true }, ['/decision']],
        ['a blank motive', { client_id: 1, decision: 'granted', motive: ' \n\t' }, ['/motive']],
        ['an empty advisor', { client_id: 1, decision: 'granted', advisor: '' }, ['/advisor']],
        ['control characters', { client_id: 1, decision: 'granted', motive: 'a\u0007', advisor: 'a\nb' }, ['/motive', '/advisor']],
        ['a number as motive', { client_id: 1, decision: 'granted', motive: 5 }, ['/motive']],
        ['previous of 0', { client_id: 1, decision: 'granted', previous: 0 }, ['/previous']],
        ['previous as text', { client_id: 1, decision: 'granted', previous: '1' }, ['/previous']],
        ['unknown fields', { client_id: 1, decision: 'granted', motiv: 'x', 'a/b': 1 }, ['/motiv', '/a~1b']],
    ];
    for (const [name, json, expected] of cases)
        test(name, async () => {
            const { status, body } = await backend.post('/decisions', json);
            assert.equal(status, 422);
            assert.deepEqual(body.errors.map(({ pointer }) => pointer).sort(), expected.sort());
        });

    test('says what was meant', async () => {
        const { body } = await backend.post('/decisions', { client_id: 1, decision: 'granted', motiv: 'x' });
        assert.match(body.errors[0].detail, /motive\?/);
    });

    test('an unknown client', async () => {
        const { status, body } = await backend.post('/decisions', { client_id: 999999999, decision: 'granted' });
        assert.equal(status, 404);
        assert.deepEqual(body.errors.map(({ pointer }) => pointer), ['/client_id']);
    });

    test('queries, keys, media types, access', async () => {
        const json = { client_id: granted[0], decision: 'granted' };
        assert.equal((await backend.post('/decisions?x=1', json)).status, 422);
        for (const key of ['', 'a b', 'x'.repeat(129)])
            assert.equal((await backend.post('/decisions', json, { headers: { 'idempotency-key': key } })).status, 422, key);
        assert.equal((await backend.call('POST', '/decisions', { body: '{', headers: { 'content-type': 'application/json' } })).status, 400);
        assert.equal((await backend.call('POST', '/decisions', { body: 'x', headers: { 'content-type': 'text/plain' } })).status, 415);
        assert.equal((await backend.post('/decisions', json, { headers: { accept: 'text/html' } })).status, 406);
        assert.equal((await backend.post('/decisions', json, { key: '' })).status, 401);
        assert.equal((await backend.get('/decisions', { key: '' })).status, 401);
        assert.equal((await backend.call('DELETE', '/decisions/1')).status, 405);
        assert.equal((await backend.call('PUT', '/decisions/1')).status, 405);
    });
});

describe('a view that is out of date', () => {
    test('409 with the newer decision', async () => {
        const json = { client_id: granted[4], decision: 'granted' };
        const early = await backend.post('/decisions', { ...json, previous: 1_000_000 });
        assert.equal(early.status, 409);
        assert.equal(early.body.latest, null);
        const first = await backend.post('/decisions', { ...json, previous: null });
        assert.equal(first.status, 201);
        const late = await backend.post('/decisions', { ...json, previous: null });
        assert.equal(late.status, 409);
        assert.deepEqual(late.body.latest, first.body);
        assert.deepEqual(late.body.errors.map(({ pointer }) => pointer), ['/previous']);
        const second = await backend.post('/decisions', { ...json, previous: first.body.id });
        assert.equal(second.status, 201);
        assert.equal(second.body.previous, first.body.id);
        assert.equal((await backend.post('/decisions', json)).body.previous, second.body.id); // who does not ask is not held up
    });

    test('of twenty at once who saw the same, one is recorded', async () => {
        const json = { client_id: granted[5], decision: 'granted', previous: null };
        const answers = await Promise.all(Array.from({ length: 20 }, () => backend.post('/decisions', json)));
        assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(19).fill(409)]);
    });
});

describe('a request that is sent again', () => {
    test('same key and body: the same answer; another body: refused', async () => {
        const json = { client_id: granted[6], decision: 'granted', previous: null };
        const headers = { 'idempotency-key': '8e03978e-40d5-43e8-bc93-6894a57f9324' };
        const first = await backend.post('/decisions', json, { headers });
        assert.equal(first.status, 201);
        const body = '{ "previous": null,\n "decision": "granted", "client_id": ' + granted[6] + ' }';
        const again = await backend.call('POST', '/decisions', { body, headers: { ...headers, 'content-type': 'application/json' } });
        assert.equal(again.status, 201);
        assert.equal(again.text, first.text);
        assert.equal(again.headers.get('location'), first.headers.get('location'));
        const other = await backend.post('/decisions', { ...json, advisor: 'x' }, { headers });
        assert.equal(other.status, 422);
        assert.match(other.body.detail, /Idempotency-Key/);
    });

    test('twenty at once: one decision', async () => {
        const json = { client_id: granted[7], decision: 'granted' };
        const headers = { 'idempotency-key': '"x"' };
        const answers = await Promise.all(Array.from({ length: 20 }, () => backend.post('/decisions', json, { headers })));
        assert.deepEqual(new Set(answers.map(({ text }) => text)).size, 1);
        assert.equal((await backend.get(`/decisions?client_id=${granted[7]}`)).body.decisions.length, 1);
    });
});

describe('lists', () => {
    test('pages, the latest first, nothing twice and nothing left out', async () => {
        const all = (await trail()).split('\n').slice(0, -1).map(JSON.parse).reverse();
        const seen = [];
        let next = '';
        do {
            const { body } = await backend.get(`/decisions?limit=3${next && `&cursor=${next}`}`);
            assert.ok(body.decisions.length <= 3);
            seen.push(...body.decisions);
            next = body.next;
            // What is recorded meanwhile comes before the first page.
            if (seen.length === 3) await backend.post('/decisions', { client_id: granted[0], decision: 'granted' });
        } while (next);
        assert.deepEqual(seen, all);
    });

    test('of one client, of a time', async () => {
        const mine = (await backend.get(`/decisions?client_id=${granted[4]}`)).body.decisions;
        assert.equal(mine.length, 3);
        assert.ok(mine.every(({ client_id: id }) => id === granted[4]));
        const from = mine[1].time;
        const later = (await backend.get(`/decisions?client_id=${granted[4]}&from=${from}`)).body.decisions;
        assert.deepEqual(later, mine.slice(0, 2));
        const earlier = (await backend.get(`/decisions?client_id=${granted[4]}&to=${from}`)).body.decisions;
        assert.deepEqual(earlier, mine.slice(2));
        const lines = (await backend.get(`/decisions?client_id=${granted[4]}&from=${from}`, { headers: { accept: 'application/x-ndjson' } })).text;
        assert.deepEqual(lines.split('\n').slice(0, -1).map(JSON.parse), later.toReversed?.() ?? [...later].reverse());
        assert.deepEqual((await backend.get('/decisions?to=2020-01-01')).body.decisions, []);
        assert.deepEqual((await backend.get('/decisions?from=2020-01-01T00:00:00%2B02:00&limit=1')).body.decisions.length, 1);
        assert.deepEqual((await backend.get('/decisions?client_id=999999999')).body.decisions, []);
    });

    for (const [query, expected] of [
        ['client_id=x', ['?client_id']], ['from=yesterday', ['?from']], ['to=2026-02-30', ['?to']], ['from=2026-11-25T10:00:00', ['?from']],
        ['cursor=x', ['?cursor']], ['cursor=1-', ['?cursor']], ['cursor=01-1', ['?cursor']], ['cursor=-1-1', ['?cursor']], ['limit=101', ['?limit']],
        ['client=1&limit=0', ['?client', '?limit']],
    ])
        test(`422: ${query}`, async () => {
            const { status, body } = await backend.get(`/decisions?${query}`);
            assert.equal(status, 422);
            assert.deepEqual(body.errors.map(({ pointer }) => pointer).sort(), expected);
        });

    test('an export has no pages', async () => {
        const { status, body } = await backend.get('/decisions?limit=5', { headers: { accept: 'application/x-ndjson' } });
        assert.equal(status, 422);
        assert.deepEqual(body.errors.map(({ pointer }) => pointer), ['?limit']);
    });

    test('Accept chooses', async () => {
        for (const [accept, type] of [['*/*', 'application/json'], ['application/*;q=0.5, application/x-ndjson', 'application/x-ndjson'],
            ['application/x-ndjson, application/json', 'application/json']])
            assert.equal((await backend.get('/decisions', { headers: { accept } })).headers.get('content-type').split(';')[0], type);
        assert.equal((await backend.get('/decisions', { headers: { accept: 'text/csv' } })).status, 406);
        assert.equal((await backend.call('HEAD', '/decisions', { headers: { accept: 'application/x-ndjson' } })).status, 200);
    });

    test('404', async () => {
        for (const id of ['0', '999999', 'x', '-1', '1.5']) assert.equal((await backend.get(`/decisions/${id}`)).status, 404, id);
    });
});

test('whatever the bytes, the answer is one of the contract and the trail stays whole', async () => {
    const seed = JSON.stringify({ client_id: granted[8], decision: 'granted', motive: 'é \\ "x"', advisor: 'm', previous: null });
    let state = 4321;
    const random = (limit) => {
        state = (state * 1103515245 + 12345) % 2147483648;
        return Math.floor(state / 65536) % limit;
    };
    const pieces = ['{', '}', '[', '"', ',', ':', 'null', '-', '1e308', '0', '\\u0000', '\\u0007', '\u00e9', '\ud83d\ude00', 'true', '~/', '%'];
    const seen = new Set();
    for (let round = 0; round < 200; round++) {
        let body = seed;
        for (let change = 0; change <= random(2); change++) {
            const at = random(body.length);
            body = body.slice(0, at) + (random(3) ? pieces[random(pieces.length)] : '') + body.slice(at + random(4));
        }
        seen.add((await backend.call('POST', '/decisions', { body, headers: { 'content-type': 'application/json' } })).status);
    }
    assert.ok(seen.has(400) && seen.has(422) && seen.has(201) && seen.has(409) && ![...seen].some((status) => status >= 500), [...seen].join());
    checkLines(await trail());
});

test('two replicas and many writers keep one chain, read while it grows', async () => {
    const other = await startBackend({ database });
    const started = checkLines(await trail());
    const replicas = [backend, other];
    await Promise.all(Array.from({ length: 12 }, async (_, writer) => {
        for (let i = 0; i < 10; i++) {
            const { status } = await replicas[writer % 2].post('/decisions', { client_id: granted[writer % granted.length], decision: 'granted' });
            assert.equal(status, 201);
            if (i === 5) checkLines(await trail());
        }
    }));
    assert.equal(checkLines(await trail()), started + 120);
    assert.deepEqual((await other.get('/decisions')).body, (await backend.get('/decisions')).body);
    await other.stop();
});

test('an export longer than what is read at once is whole', async () => {
    const have = checkLines(await trail());
    for (let i = have; i < 600; i += 20)
        await Promise.all(Array.from({ length: 20 }, () => backend.post('/decisions', { client_id: granted[0], decision: 'granted' })));
    const text = await trail();
    assert.ok(checkLines(text) >= 600);
    assert.equal(execFileSync(audit, ['export', '--database', database], { cwd: root, env: environment, encoding: 'utf8' }), text);
});

describe('audit', () => {
    let text;
    let lines;
    let anchor;
    const check = (content, ...more) => runAudit(['check', '--file', '-', ...more], content);
    before(async () => {
        text = await trail();
        lines = text.split('\n').slice(0, -1);
        const last = JSON.parse(lines.at(-1));
        anchor = `${last.id}:${last.hash}`;
    });

    test('finds nothing where nothing was changed, in the store and in an export', () => {
        const said = `${lines.length} decisions, unchanged. Anchor: ${anchor}\n`;
        const file = join(makeFolder(), 'trail.ndjson');
        writeFileSync(file, text);
        for (const args of [['--database', database], ['--file', file], ['--file', file, '--anchor', anchor], ['--database', database, '--anchor', anchor]]) {
            const { status, stdout, stderr } = runAudit(['check', ...args]);
            assert.deepEqual([status, stdout, stderr], [0, said, '']);
        }
    });

    test('an export behind an anchor continues the one before', () => {
        const { id, hash } = JSON.parse(lines[9]);
        const { stdout, status } = runAudit(['export', '--database', database, '--anchor', `${id}:${hash}`]);
        assert.equal(status, 0);
        assert.equal(stdout, `${lines.slice(10).join('\n')}\n`);
        assert.equal(check(stdout, '--anchor', `${id}:${hash}`).status, 0);
        assert.equal(check(stdout).status, 1);
    });

    const changed = [
        ['a figure', () => text.replace('"score":', '"score":1'), /Decision 1 is not what was recorded/],
        ['a word', () => text.replace('"decision":"refused"', '"decision":"granted"'), /Decision 1 is not what was recorded/],
        ['a line left out', () => [...lines.slice(0, 4), ...lines.slice(5), ''].join('\n'), /Decision 5 is missing/],
        ['lines that changed places', () => [lines[1], lines[0], ...lines.slice(2), ''].join('\n'), /Decision 1 comes after decision 2/],
        ['a line twice', () => [...lines.slice(0, 5), ...lines.slice(4), ''].join('\n'), /Decision 5 comes after decision 5/],
        ['a line that is none', () => `${text}{}\n`, /is not a decision/],
        ['a line without end', () => `${text}${'x'.repeat(200_000)}\n`, /is not a decision/],
        ['the end', () => [...lines.slice(0, -1), ''].join('\n'), /its end is missing/, () => ['--anchor', anchor]],
    ];
    for (const [name, content, expected, more = () => []] of changed)
        test(`finds ${name}`, () => {
            const { status, stdout } = check(content(), ...more());
            assert.equal(status, 1);
            assert.match(stdout, expected);
            assert.match(stdout, /\d+ decisions, \d+ changes\.\n$/);
        });

    test('wrong use', () => {
        for (const args of [[], ['x'], ['check', 'export'], ['check', '--anchor', 'x'], ['check', '--file', 'a', '--database', 'b'], ['export', '--file', 'a'], ['--nope']]) {
            const { status, stderr } = runAudit(args);
            assert.equal(status, 2);
            assert.match(stderr, /Usage: audit check/);
        }
        assert.equal(runAudit(['--help']).status, 0);
        for (const args of [['check', '--file', '/nowhere/x'], ['check', '--database', 'sqlite:/nowhere/x.db'], ['export', '--database', 'mysql:x']]) {
            const { status, stderr } = runAudit(args);
            assert.equal(status, 3);
            assert.match(stderr, /^audit: /);
        }
    });
});

test('without a key everybody is anybody', async () => {
    const open = await startBackend({ database, env: { API_KEY: '' } });
    const { body } = await open.post('/decisions', { client_id: granted[0], decision: 'granted' }, { key: '' });
    assert.equal(body.identity, 'anybody');
    assert.ok(!JSON.stringify(body).includes(KEY));
    await open.stop();
});
