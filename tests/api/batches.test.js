// Batches: the same numbers as /predict, every wrong row named, nothing lost or scored twice, nothing half kept.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { KEY, importPortfolio, makeDatabase, makeFolder, makePortfolio, startBackend, until } from './support/backend.js';

const tables = ['bureau', 'bureau_balance', 'previous_application', 'POS_CASH_balance', 'installments_payments', 'credit_card_balance'];
const csvType = { 'content-type': 'text/csv' };
const ndjsonType = { 'content-type': 'application/x-ndjson' };

let portfolio;
let database;
let backend;
let folder;
let names;
let rows;

before(async () => {
    portfolio = makePortfolio(300);
    database = makeDatabase();
    folder = makeFolder();
    importPortfolio(portfolio, database);
    backend = await startBackend({ database, env: { BATCH_DIR: folder } });
    [names, ...rows] = readFileSync(join(portfolio, 'application_train.csv'), 'utf8').trimEnd().split('\n');
});
after(() => backend?.stop());

const send = (body, headers = csvType, server = backend) => server.call('POST', '/batches', { body, headers });

/** Waits as long as a lease of a killed process lasts, and longer. */
async function finished(id, server = backend) {
    for (const started = Date.now(); Date.now() - started < 60_000;) {
        const { body } = await server.get(`/batches/${id}`);
        if (!['received', 'running'].includes(body.status)) return body;
        await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    throw new Error(`batch ${id} does not end`);
}

/** Sends, waits, and gives the batch with its results as objects. */
async function score(body, headers = csvType, server = backend) {
    const sent = await send(body, headers, server);
    assert.equal(sent.status, 202, sent.text);
    assert.equal(sent.headers.get('location'), `/batches/${sent.body.id}`);
    const batch = await finished(sent.body.id, server);
    const results = batch.status === 'done' ? await readResults(batch.id, server) : [];
    return { ...batch, results };
}

async function readResults(id, server = backend) {
    const { text, status } = await server.get(`/batches/${id}/results`, { headers: { accept: 'application/x-ndjson' } });
    assert.equal(status, 200);
    return text.trimEnd().split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

/** A row of the generated file as /predict takes it. */
function toApplication(row) {
    const fields = row.split(',');
    assert.equal(fields.length, names.split(',').length);
    return Object.fromEntries(names.split(',').map((name, i) => {
        if (fields[i] === '') return [name, null];
        return [name, /^-?[0-9.]+(e[-+]?\d+)?$/.test(fields[i]) ? Number(fields[i]) : fields[i]];
    }));
}

const plain = rows => rows.filter((row) => !row.includes('"')); // of which split(',') is right

describe('names', () => {
    const path = (query) => `/batches?${new URLSearchParams(query)}`;
    const sendAs = (query) => backend.call('POST', path(query), { body: `${names}\n${rows[0]}\n`, headers: csvType });

    test('a batch keeps how it is called and who sent it', async () => {
        const said = { name: 'Demandes d’été & <automne>.csv', sender: 'Zoé É.' };
        const sent = await sendAs(said);
        assert.equal(sent.status, 202, sent.text);
        const batch = await finished(sent.body.id);
        const [listed] = (await backend.get('/batches?limit=1')).body.batches;
        for (const { name, sender } of [sent.body, batch, listed]) assert.deepEqual({ name, sender }, said);
        const plainOne = await sendAs({});
        assert.deepEqual([plainOne.body.name, plainOne.body.sender], [null, null]);
        assert.equal((await sendAs({ name: 'é'.repeat(128) })).status, 202);
    });

    test('a wrong one is named', async () => {
        for (const [query, pointer] of [[{ name: 'é'.repeat(129) }, '?name'], [{ sender: '' }, '?sender'], [{ name: 'a\nb' }, '?name'], [{ file: 'x' }, '?file']]) {
            const { status, body } = await sendAs(query);
            assert.equal(status, 422);
            assert.deepEqual(body.errors.map((error) => error.pointer), [pointer]);
        }
    });

    test('the list tells what a batch may be', async () => {
        assert.deepEqual((await backend.get('/batches?limit=1')).body.limits, { bytes: 2 ** 30, rows: 5_000_000, open: 100, keep_days: 7 });
    });
});

describe('scoring', () => {
    test('a CSV file gives the numbers of /predict for the same fields, to the last digit', async () => {
        const some = plain(rows).slice(0, 100);
        some[99] = some[99].split(',').map((field, i) => (i % 2 && names.split(',')[i] !== 'SK_ID_CURR' ? '' : field)).join(',');
        const { results, status, rows: counted, bytes } = await score([names, ...some, ''].join('\n'));
        assert.equal(status, 'done');
        assert.deepEqual(counted, { total: 100, done: 100, rejected: 0 });
        assert.equal(bytes, Buffer.byteLength([names, ...some, ''].join('\n')));
        const { body } = await backend.post('/predict', { instances: some.map((row) => ({ application: toApplication(row) })) });
        assert.equal(results.length, 100);
        results.forEach((result, i) => {
            const { client_id, probability, score: points, decision, model } = body.predictions[i];
            assert.deepEqual(result, { line: i + 2, client_id, probability, score: points, decision, model: model.version });
        });
        assert.ok(new Set(results.map((result) => result.probability)).size > 50);
    });

    test('with its history tables it gives the numbers of the store', async () => {
        const form = new FormData();
        for (const name of ['application', ...tables]) {
            const file = name === 'application' ? 'application_train' : name;
            form.append(name, new Blob([readFileSync(join(portfolio, `${file}.csv`))]), `${file}.csv`);
        }
        const { results, tables: told } = await score(form, {});
        assert.deepEqual(told, tables);
        const ids = results.map((result) => result.client_id);
        assert.equal(ids.length, rows.length);
        const { body } = await backend.post('/predict', { instances: ids.map((client_id) => ({ client_id })) });
        assert.deepEqual(results.map(({ client_id, probability, score: points }) => [client_id, probability, points]),
            body.predictions.map(({ client_id, probability, score: points }) => [client_id, probability, points]));
    });

    test('NDJSON takes what /predict takes, one a line, and names what is wrong in the same words', async () => {
        const { client_id } = (await backend.get('/clients?limit=1')).body.clients[0];
        const instances = [{ client_id }, { features: { EXT_SOURCE_2: 0.3 } }, { client_id: 1 }, { application: { AMT_CREDI: 'x' } },
            { application: toApplication(plain(rows)[0]), bureau: [] }];
        const text = `\uFEFF${instances.map((one) => JSON.stringify(one)).join('\r\n')}\n\n  \n[1]\n{"a":1,"a":2}\n{"features"`;
        const { results, rows: counted, format } = await score(text, ndjsonType);
        assert.equal(format, 'ndjson');
        assert.deepEqual(counted, { total: 8, done: 8, rejected: 5 });
        assert.deepEqual(results.map((result) => result.line), [1, 2, 3, 4, 5, 8, 9, 10]);
        for (const i of [0, 1, 4]) {
            const { body } = await backend.post('/predict', instances[i]);
            assert.deepEqual([results[i].client_id, results[i].probability, results[i].score, results[i].decision],
                [body.client_id, body.probability, body.score, body.decision]);
        }
        for (const i of [2, 3]) {
            const { body } = await backend.post('/predict', instances[i]);
            assert.deepEqual(results[i].errors, body.errors);
        }
        assert.match(results[5].errors[0].detail, /object/);
        assert.match(results[6].errors[0].detail, /twice/);
        assert.match(results[7].errors[0].detail, /not JSON/);
        const form = new FormData();
        form.append('instances', new Blob([text]), 'instances.ndjson');
        assert.deepEqual((await score(form, {})).results, results);
    });

    test('a byte order mark, CRLF, quotes, blank lines, another order of columns and no last newline do no harm', async () => {
        const [one, two] = plain(rows);
        const usual = await score(`${names}\n${one}\n${two}\n`);
        const quoted = two.split(',').map((field) => (field === '' ? '' : `"${field}"`)).join(',');
        const odd = await score(`\uFEFF${names}\r\n\r\n${one}\r\n${quoted}`);
        assert.deepEqual(odd.results.map((result) => result.line), [3, 4]);
        const reversed = [names, one, two].map((line) => line.split(',').reverse().join(',')).join('\n');
        const turned = await score(reversed);
        const bare = ({ results }) => results.map(({ line, ...rest }) => rest);
        assert.deepEqual(bare(odd), bare(usual));
        assert.deepEqual(bare(turned), bare(usual));
    });

    test('the results come as CSV or NDJSON by Accept, with the same figures', async () => {
        const text = `${names}\n${plain(rows)[0]}\n1,"x, y"\n`;
        const { id, results } = await score(text);
        const csv = await backend.get(`/batches/${id}/results`);
        assert.match(csv.headers.get('content-type'), /^text\/csv/);
        assert.match(csv.headers.get('content-disposition'), new RegExp(`batch-${id}\\.csv`));
        const [head, first, second, ...rest] = csv.text.split('\n');
        assert.equal(head, 'line,client_id,probability,score,decision,model,errors');
        const { line, client_id, probability, score: points, decision, model } = results[0];
        assert.equal(first, [line, client_id, probability, points, decision, model, ''].join(','));
        assert.match(second, /^3,,,,,,2 fields where the first line has \d+; the line is truncated$/);
        assert.deepEqual(rest, ['']);
        assert.equal((await backend.get(`/batches/${id}/results`, { headers: { accept: 'text/html' } })).status, 406);
        assert.equal((await backend.call('HEAD', `/batches/${id}/results`)).status, 200);
        const other = await score('{"client_id":1}\n', ndjsonType);
        const { headers } = await backend.get(`/batches/${other.id}/results`);
        assert.match(headers.get('content-type'), /ndjson/);
    });
});

describe('wrong rows and files', () => {
    test('everything that is wrong with a row is told, with line and client; the others are scored', async () => {
        const fields = plain(rows)[0].split(',');
        const at = (name) => names.split(',').indexOf(name);
        const change = (changes) => fields.map((field, i) => changes[names.split(',')[i]] ?? field).join(',');
        const text = [names,
            change({ CODE_GENDER: 'Female', AMT_CREDIT: 'much', CNT_CHILDREN: '-1' }),
            change({ SK_ID_CURR: '' }),
            `${fields.slice(0, 5).join(',')}`,
            `${plain(rows)[1]},1`,
            `"a"b,${fields.join(',')}`,
            plain(rows)[2],
            '"never closed,1,2'].join('\n');
        const { results, errors, rows: counted } = await score(text);
        assert.deepEqual(counted, { total: 7, done: 7, rejected: 6 });
        assert.deepEqual(results.map((result) => result.line), [2, 3, 4, 5, 6, 7, 8]);
        assert.deepEqual(results[0].errors.map((error) => error.pointer).sort(), ['/AMT_CREDIT', '/CNT_CHILDREN', '/CODE_GENDER']);
        assert.equal(results[0].client_id, Number(fields[at('SK_ID_CURR')]));
        const { body } = await backend.post('/predict', { application: { CODE_GENDER: 'Female', AMT_CREDIT: 'much', CNT_CHILDREN: -1 } });
        const byPointer = Object.fromEntries(results[0].errors.map((error) => [`/application${error.pointer}`, error.detail]));
        for (const { pointer, detail } of body.errors) assert.equal(byPointer[pointer], detail);
        assert.deepEqual(results[1].errors, [{ pointer: '/SK_ID_CURR', detail: 'is empty, but every row needs it', code: 'empty' }]);
        const told = (row) => Object.fromEntries(results[row].errors.map(({ pointer, code, values }) => [pointer, { code, values }]));
        assert.deepEqual(told(0)['/AMT_CREDIT'], { code: 'number', values: { sent: 'much', low: 0, high: 1e9, unit: 'money' } });
        assert.deepEqual(told(0)['/CNT_CHILDREN'].code, 'range');
        assert.deepEqual(told(0)['/CODE_GENDER'], { code: 'category', values: { sent: 'Female', choices: ['F', 'M', 'XNA'] } });
        assert.deepEqual(told(2)[''], { code: 'fields', values: { sent: 5, expected: fields.length } });
        assert.equal(told(4)[''].code, 'csv');
        assert.match(results[2].errors[0].detail, /truncated/);
        assert.match(results[4].errors[0].detail, /after a closing quote/);
        assert.equal(results[5].errors, undefined);
        assert.match(results[6].errors[0].detail, /never closed/);
        assert.deepEqual(errors, results.filter((result) => result.errors));
    });

    test('the first ten rejected rows are told with the batch', async () => {
        const { errors, rows: counted } = await score([names, ...Array(25).fill('1,2')].join('\n'));
        assert.equal(counted.rejected, 25);
        assert.deepEqual(errors.map((error) => error.line), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    });

    test('a header names unknown, doubled and missing columns at once', async () => {
        const wrong = names.replace('AMT_CREDIT,', 'AMT_CREDI,').replace('CODE_GENDER', 'CNT_CHILDREN');
        const { status, body } = await send(`${wrong}\n`);
        assert.equal(status, 422);
        const told = Object.fromEntries(body.errors.map((error) => [error.pointer, error.detail]));
        assert.deepEqual(Object.keys(told).sort(), ['/AMT_CREDI', '/AMT_CREDIT', '/CNT_CHILDREN', '/CODE_GENDER']);
        assert.match(told['/AMT_CREDI'], /did you mean AMT_CREDIT\?/);
        assert.match(told['/CNT_CHILDREN'], /twice/);
        assert.match(told['/CODE_GENDER'], /missing/);
    });

    test('empty files are refused, a header alone is a batch without rows', async () => {
        for (const headers of [csvType, ndjsonType]) assert.equal((await send('', headers)).status, 422);
        const { status, results, rows: counted } = await score(`${names}\n`);
        assert.equal(status, 'done');
        assert.deepEqual(results, []);
        assert.equal(counted.total, 0);
    });

    test('parts are checked: unknown, twice, missing, a wrong header in any of them', async () => {
        const form = (parts) => {
            const made = new FormData();
            for (const [name, text] of parts) made.append(name, new Blob([text]), `${name}.csv`);
            return made;
        };
        const application = ['application', `${names}\n`];
        for (const [parts, pointer] of [
            [[application, ['bureu', 'x']], '/bureu'],
            [[application, application], '/application'],
            [[['bureau', 'x']], '/application'],
            [[application, ['instances', '{}']], '/instances'],
            [[application, ['bureau', '']], '/bureau'],
            [[application, ['bureau', 'SK_ID_CURR\n']], '/bureau/SK_ID_BUREAU'],
        ]) {
            const { status, body } = await send(form(parts), {});
            assert.equal(status, 422);
            assert.ok(body.errors.some((error) => error.pointer === pointer), JSON.stringify(body));
        }
        const wrong = await score(form([[...application], ['bureau', `${readFileSync(join(portfolio, 'bureau.csv'), 'utf8').split('\n')[0]}\nx\n`]]), {});
        assert.equal(wrong.status, 'failed');
        assert.match(wrong.failure, /^bureau\.csv:2: /);
        assert.ok(!wrong.failure.includes(folder));
    });

    test('a body that is cut short leaves nothing behind', async () => {
        const boundary = 'b0';
        const cut = `--${boundary}\r\nContent-Disposition: form-data; name="application"; filename="a"\r\n\r\n${names}\n`;
        assert.equal((await send(cut, { 'content-type': `multipart/form-data; boundary=${boundary}` })).status, 400);
        assert.equal((await send('nonsense', { 'content-type': `multipart/form-data; boundary=${boundary}` })).status, 400);
        const before = (await backend.get('/batches?limit=100')).body.batches.length;
        await new Promise((resolve, reject) => {
            const socket = connect(backend.port, '127.0.0.1', () => {
                socket.write(`POST /batches HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: text/csv\r\nContent-Length: 1000000\r\n\r\n${names}\n`);
                until(() => readdirSync(folder).some((name) => name.endsWith('.part'))).then(() => { socket.destroy(); resolve(); }, reject);
            });
        });
        await until(() => readdirSync(folder).length === 0);
        assert.equal((await backend.get('/batches?limit=100')).body.batches.length, before);
    });

    test('other bodies, parameters and batches that are not there', async () => {
        assert.equal((await send('{}', { 'content-type': 'application/json' })).status, 415);
        assert.equal((await send('x', { 'content-type': 'multipart/form-data' })).status, 415);
        assert.equal((await backend.call('POST', '/batches?x=1', { body: names, headers: csvType })).status, 422);
        assert.equal((await backend.call('POST', '/batches', { body: names, headers: csvType, key: 'other' })).status, 401);
        for (const path of ['/batches/1', '/batches/1/results']) assert.equal((await backend.get(path)).status, 404);
        assert.equal((await backend.call('DELETE', '/batches/x')).status, 404);
        assert.equal((await backend.get('/batches?cursor=x&limit=0')).body.errors.length, 2);
    });
});

test('the same key and content give the same batch; another content does not', async () => {
    const key = { 'idempotency-key': `key-${process.pid}` };
    const form = (text) => {
        const made = new FormData();
        made.append('application', new Blob([text]), 'a.csv');
        return made;
    };
    const first = await send(form(`${names}\n`), key);
    const again = await Promise.all([1, 2, 3].map(() => send(form(`${names}\n`), key))); // each with a boundary of its own
    for (const { status, body } of again) {
        assert.equal(status, 202);
        assert.equal(body.id, first.body.id);
    }
    const other = await send(form(`${names}\n${rows[0]}\n`), key);
    assert.equal(other.status, 422);
    assert.equal(other.body.errors[0].pointer, 'Idempotency-Key');
    assert.equal((await send(`${names}\n`, { ...csvType, 'idempotency-key': 'a b' })).status, 422);
    await finished(first.body.id);
    await until(() => readdirSync(folder).length === 0);
});

test('batches are listed page by page, the newest first', async () => {
    const sent = [];
    for (let i = 0; i < 5; i++) sent.unshift((await send(`${names}\n`)).body.id);
    const seen = [];
    for (let cursor = ''; cursor !== null;) {
        const { body } = await backend.get(`/batches?limit=2${cursor && `&cursor=${cursor}`}`);
        seen.push(...body.batches.map((batch) => batch.id));
        cursor = body.next;
    }
    assert.deepEqual(seen.slice(0, 5), sent);
    assert.equal(new Set(seen).size, seen.length);
    await Promise.all(sent.map((id) => finished(id)));
});

describe('limits', () => {
    test('bytes, rows, the length of a line', async () => {
        const small = await startBackend({ database, env: { MAX_BATCH_BYTES: '20000', MAX_BATCH_ROWS: '10' } });
        const large = `${names}\n${'1\n'.repeat(20000)}`;
        assert.equal((await send(large, csvType, small)).status, 413);
        const many = await score(`${names}\n${'1\n'.repeat(11)}`, csvType, small);
        assert.equal(many.status, 'failed');
        assert.match(many.failure, /more than 10 rows/);
        assert.equal((await small.get(`/batches/${many.id}/results`)).status, 409);
        const long = await score(`{"client_id":1}\n{"features":{"x":"${'y'.repeat(1 << 20)}"}}\n`, ndjsonType);
        assert.equal(long.status, 'failed');
        assert.match(long.failure, /^Row 2: the line is longer than 1048576 bytes/);
        assert.equal((await score(`${names}\n${'9'.repeat(3 << 20)}\n`)).status, 'failed');
        await small.stop();
    });

    test('so many batches wait, no more; a cancelled one makes room', async () => {
        const queue = await startBackend({ database: makeDatabase(), ready: false, env: { MAX_BATCHES: '2', BATCH_WORKERS: '0' } });
        const ids = [];
        for (let i = 0; i < 2; i++) ids.push((await send(`${names}\n${rows[0]}\n`, csvType, queue)).body.id);
        const full = await send(`${names}\n`, csvType, queue);
        assert.equal(full.status, 429);
        assert.ok(Number(full.headers.get('retry-after')) > 0);
        assert.equal((await queue.get(`/batches/${ids[0]}/results`)).status, 409);
        await until(async () => /^clairscore_batches\{state="running"\} 2$/m.test((await queue.get('/metrics', { key: '' })).text));
        const cancelled = await queue.call('DELETE', `/batches/${ids[0]}`);
        assert.equal(cancelled.body.status, 'cancelled');
        assert.ok(cancelled.body.finished);
        assert.equal((await queue.call('DELETE', `/batches/${ids[0]}`)).status, 200);
        assert.equal((await send(`${names}\n`, csvType, queue)).status, 202);
        await queue.stop();
    });

    test('a full disk is 507, and nothing is kept', { skip: !existsSync('/proc') && 'needs a file system without room' }, async () => {
        const full = await startBackend({ database: makeDatabase(), ready: false, env: { BATCH_DIR: '/proc' } });
        assert.equal((await send(`${names}\n`, csvType, full)).status, 507);
        assert.deepEqual((await full.get('/batches')).body.batches, []);
        await full.stop();
    });
});

describe('interruptions', () => {
    const count = 40000;
    const many = () => {
        const some = plain(rows);
        return [names, ...Array.from({ length: count }, (_, i) => (i % 1000 === 999 ? 'x' : some[i % some.length])), ''].join('\n');
    };

    const check = (results) => {
        const some = plain(rows);
        const clients = some.map((row) => Number(row.split(',')[0]));
        assert.equal(results.length, count);
        results.forEach((result, i) => {
            assert.equal(result.line, i + 2);
            assert.equal(result.client_id, i % 1000 === 999 ? null : clients[i % some.length]);
        });
    };

    test('kill -9 in the middle: the next start goes on, no row lost, none scored twice', async () => {
        const env = { BATCH_DIR: join(makeFolder(), 'batches'), BATCH_WORKERS: '1' };
        let server = await startBackend({ database, env });
        const { body: { id } } = await send(many(), csvType, server);
        server.child.kill('SIGKILL'); // most likely while it is cut
        await server.ended;
        server = await startBackend({ database, env });
        await until2(async () => (await server.get(`/batches/${id}`)).body.rows.done > 0);
        server.child.kill('SIGKILL'); // while it is scored
        await server.ended;
        server = await startBackend({ database, env });
        const batch = await finished(id, server);
        assert.equal(batch.status, 'done', batch.failure);
        assert.deepEqual(batch.rows, { total: count, done: count, rejected: count / 1000 });
        check(await readResults(id, server));
        assert.deepEqual(readdirSync(env.BATCH_DIR), []);
        await server.stop();
    });

    test('a stop hands over at once; another backend on the store goes on', async () => {
        const env = { BATCH_WORKERS: '1' };
        const one = await startBackend({ database, env });
        const { body: { id } } = await send(many(), csvType, one);
        await until2(async () => (await one.get(`/batches/${id}`)).body.rows.total !== null);
        const stopped = await one.get(`/batches/${id}`);
        await one.stop();
        const batch = await finished(id); // by the one of the other tests
        assert.deepEqual(batch.rows, { total: count, done: count, rejected: count / 1000 });
        assert.ok(stopped.body.rows.done <= count);
        check(await readResults(id));
    });

    test('cancelled in the middle, a batch ends and its rows go no further', async () => {
        const { body: { id } } = await send(many());
        await until2(async () => (await backend.get(`/batches/${id}`)).body.rows.done > 0);
        const { body, status } = await backend.call('DELETE', `/batches/${id}`);
        assert.ok(status === 200 ? body.status === 'cancelled' : body.status === 409);
        assert.equal((await backend.get(`/batches/${id}/results`)).status, status === 200 ? 409 : 200);
        await until(() => readdirSync(folder).length === 0);
        const { body: later } = await backend.get(`/batches/${id}`);
        assert.ok(later.rows.done <= count);
    });
});

/** As until, for what waits for the lease of a killed process. */
async function until2(condition) {
    for (const started = Date.now(); Date.now() - started < 40_000;) {
        if (await condition()) return;
        await new Promise((resolve) => { setTimeout(resolve, 10); });
    }
    throw new Error('waited forty seconds in vain');
}
