// Importing: interrupted, repeated, replaced, wrong. What is in the store is asked of a backend on it.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, describe, test } from 'node:test';
import { importArguments, importPortfolio, makeDatabase, makeFolder, makePortfolio, model, root, startBackend } from './support/backend.js';

let portfolio;
before(() => { portfolio = makePortfolio(6000); });

/** All clients of a store with their scores, and some whole ones. */
async function contentOf(database) {
    const backend = await startBackend({ database });
    const clients = [];
    for (let cursor = ''; cursor !== null;) {
        const { body } = await backend.get(`/clients?limit=100${cursor && `&cursor=${cursor}`}`);
        clients.push(...body.clients);
        cursor = body.next;
    }
    const whole = [];
    for (let i = 0; i < clients.length; i += 1 + Math.floor(clients.length / 20))
        whole.push((await backend.get(`/clients/${clients[i].client_id}`)).body);
    const { body: population } = await backend.get('/population');
    await backend.stop();
    return { clients, whole, population };
}

function failingImport(data, database) {
    const [file, args, options] = importArguments(data, database);
    const run = spawnSync(file, args, { ...options, encoding: 'utf8' });
    assert.equal(run.status, 1, run.stdout);
    return run.stderr.trim().split('\n').at(-1);
}

test('every client of the files is there, and nobody else', async () => {
    const database = makeDatabase();
    assert.match(importPortfolio(portfolio, database), /^Imported: \d+ clients/);
    const { clients } = await contentOf(database);
    const ids = [];
    const outcomes = new Map();
    for (const file of ['application_train.csv', 'application_test.csv']) {
        const [header, ...lines] = readFileSync(join(portfolio, file), 'utf8').trimEnd().split('\n');
        const target = header.split(',').indexOf('TARGET');
        for (const line of lines) {
            const fields = line.split(',');
            ids.push(Number(fields[0]));
            outcomes.set(Number(fields[0]), target < 0 ? null : Number(fields[target]));
        }
    }
    assert.deepEqual(clients.map((client) => client.client_id), ids.sort((a, b) => a - b));
    for (const client of clients) assert.equal(client.outcome, outcomes.get(client.client_id));
});

test('killed again and again, it completes and has what an undisturbed import has', async () => {
    const database = makeDatabase();
    const [file, args, options] = importArguments(portfolio, database);
    let killed = 0;
    for (let delay = 30; delay < 400; delay += 35) {
        const child = spawn(file, args, { ...options, stdio: 'ignore' });
        const ended = new Promise((resolve) => { child.on('exit', (code, signal) => resolve(signal)); });
        setTimeout(() => child.kill('SIGKILL'), delay);
        if (await ended === 'SIGKILL') killed++;
    }
    assert.ok(killed > 2, `${killed}`);
    importPortfolio(portfolio, database);
    const undisturbed = makeDatabase();
    importPortfolio(portfolio, undisturbed);
    assert.deepEqual(await contentOf(database), await contentOf(undisturbed));
});

test('the same files again are nothing to do', () => {
    const database = makeDatabase();
    importPortfolio(portfolio, database);
    assert.match(importPortfolio(portfolio, database), /^The store is up to date: \d+ clients/);
});

test('another model scores the same clients again', async () => {
    const database = makeDatabase();
    importPortfolio(portfolio, database);
    const other = makeFolder();
    cpSync(resolve(root, model), other, { recursive: true });
    const settings = JSON.parse(readFileSync(join(other, 'model.json'), 'utf8'));
    settings.threshold.value /= 2;
    writeFileSync(join(other, 'model.json'), JSON.stringify(settings));
    const before = await contentOf(database);
    assert.match(importPortfolio(portfolio, database, other), /^Scored again by the new model: \d+ clients/);
    assert.match(importPortfolio(portfolio, database, other), /^The store is up to date/);
    const backend = await startBackend({ database, env: { MODEL_DIR: other } });
    const { body } = await backend.get('/population');
    await backend.stop();
    assert.ok(body.refused_share > before.population.refused_share);
    assert.equal(body.mean_probability, before.population.mean_probability);
    assert.deepEqual(await contentOf(database), before); // the first model, which scores in memory
});

test('changed files are imported anew', async () => {
    const database = makeDatabase();
    const folder = makeFolder();
    cpSync(portfolio, folder, { recursive: true });
    importPortfolio(folder, database);
    const path = join(folder, 'application_train.csv');
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    writeFileSync(path, `${lines.slice(0, -1).join('\n')}\n`);
    assert.match(importPortfolio(folder, database), /^Imported: /);
    const { population } = await contentOf(database);
    const test_rows = readFileSync(join(folder, 'application_test.csv'), 'utf8').trimEnd().split('\n').length - 1;
    assert.equal(population.size, lines.length - 2 + test_rows);
    utimesSync(path, new Date(), new Date(Date.now() + 5000));
    assert.match(importPortfolio(folder, database), /^Imported: /);
});

test('a running server shows the old portfolio until the new one is whole, then the new one', async () => {
    const database = makeDatabase();
    const small = makePortfolio(200, 3);
    importPortfolio(small, database);
    const backend = await startBackend({ database });
    const { size: old } = (await backend.get('/population')).body;
    const known = (await backend.get('/clients?limit=1')).body.clients[0].client_id;
    const [file, args, options] = importArguments(portfolio, database);
    const child = spawn(file, args, { ...options, stdio: 'ignore' });
    let ended = false;
    child.on('exit', () => { ended = true; });
    const sizes = new Set();
    for (const started = Date.now(); Date.now() - started < 60_000;) {
        const { body, status } = await backend.get('/population');
        assert.equal(status, 200);
        assert.equal((await backend.get(`/clients/${known}`)).status, 200);
        sizes.add(body.size);
        if (ended && body.size !== old) break;
    }
    assert.equal(child.exitCode, 0);
    assert.equal(sizes.size, 2, [...sizes].join());
    await backend.stop();
});

describe('wrong files', () => {
    /** Imports a good portfolio, then a spoilt copy; returns the error after checking that the good one is still there. */
    async function spoil(change) {
        const database = makeDatabase();
        const good = makePortfolio(60, 5);
        const spoilt = makeFolder();
        importPortfolio(good, database);
        cpSync(good, spoilt, { recursive: true });
        change((name, edit) => {
            const path = join(spoilt, name);
            writeFileSync(path, edit(readFileSync(path, 'utf8')));
        }, spoilt);
        const before = await contentOf(database);
        const message = failingImport(spoilt, database);
        assert.deepEqual(await contentOf(database), before);
        return message;
    }
    const replaceInLine = (number, from, to) => (text) =>
        text.split('\n').map((line, index) => (index + 1 === number ? line.replace(from, to) : line)).join('\n');

    test('an unknown category', async () => {
        const message = await spoil((file) => file('application_train.csv', replaceInLine(30, /,(Cash|Revolving) loans,/, ',Gift,')));
        assert.match(message, /application_train\.csv:30: NAME_CONTRACT_TYPE: .*Gift/);
    });
    test('a number that is none, in a history table', async () => {
        const message = await spoil((file) => file('bureau_balance.csv', replaceInLine(12, /^\d+,-?\d+/, '5,many')));
        assert.match(message, /bureau_balance\.csv:12: MONTHS_BALANCE: .*many/);
    });
    test('a client twice in one file', async () => {
        const message = await spoil((file) => file('application_train.csv', (text) => {
            const lines = text.trimEnd().split('\n');
            return [...lines, lines[1], ''].join('\n');
        }));
        assert.match(message, /application_train\.csv:\d+: SK_ID_CURR/);
    });
    test('a client in both files', async () => {
        const message = await spoil((file, folder) => {
            const train = readFileSync(join(folder, 'application_train.csv'), 'utf8').split('\n');
            file('application_test.csv', replaceInLine(2, /^\d+/, train[1].split(',')[0]));
        });
        assert.match(message, /application_test\.csv:2: SK_ID_CURR: \d+/);
    });
    test('a missing column', async () => {
        const message = await spoil((file) => file('application_train.csv', (text) => text.replace('AMT_CREDIT,', 'AMT_CREDITS,')));
        assert.match(message, /application_train\.csv.*AMT_CREDIT/);
    });
    test('a truncated line', async () => {
        const message = await spoil((file, folder) => appendFileSync(join(folder, 'application_test.csv'), '123456,Cash'));
        assert.match(message, /application_test\.csv:\d+/);
    });
    test('no application file', async () => {
        const message = await spoil((_, folder) => {
            for (const name of ['application_train.csv', 'application_test.csv']) rmSync(join(folder, name));
        });
        assert.match(message, /application_train\.csv/);
    });
});

test('one file of the two is enough, histories may be absent', async () => {
    const folder = makeFolder();
    for (const name of ['application_test.csv', 'bureau.csv', 'bureau_balance.csv']) cpSync(join(portfolio, name), join(folder, name));
    const database = makeDatabase();
    importPortfolio(folder, database);
    const { population, whole } = await contentOf(database);
    assert.equal(population.outcomes.unknown, population.size);
    assert.equal(population.default_rate, null);
    const known = Object.fromEntries(whole[0].history.map((table) => [table.table, table.known]));
    assert.deepEqual(known, {
        bureau: true, bureau_balance: true, previous_application: false, POS_CASH_balance: false,
        installments_payments: false, credit_card_balance: false,
    });
});

test('a folder or an option that is wrong is named', () => {
    assert.match(failingImport('/nonexistent', makeDatabase()), /nonexistent/);
    assert.match(failingImport(portfolio, 'mysql://x'), /sqlite:PATH.*postgres:\/\//);
    const [file] = importArguments(portfolio, '');
    assert.equal(spawnSync(file, []).status, 2);
    assert.equal(spawnSync(file, ['--nope']).status, 2);
    assert.equal(spawnSync(file, ['--help']).status, 0);
});
