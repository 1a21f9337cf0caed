// PostgreSQL behind the API: replicas on one database, and a server that goes away and comes back. Runs with a
// server of its own, for it is stopped; only where scripts/postgres.sh runs the tests.
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { importArguments, importPortfolio, makeDatabase, makeFolder, makePortfolio, root, startBackend, until } from './support/backend.js';

/** The clients that imports have stored so far. */
const rowsOf = (database) => Number(execFileSync('psql', [database, '-Atc', 'SELECT coalesce(max(client_count), 0) FROM population'],
    { stdio: ['ignore', 'pipe', 'ignore'] }).toString());

describe('PostgreSQL', { skip: !process.env.POSTGRES_URL && 'make postgres runs it' }, () => {
    let server;
    let control;
    let guard;
    let portfolio; // some batches, and no history to read before the first
    before(async () => {
        portfolio = makeFolder();
        cpSync(join(makePortfolio(12000), 'application_train.csv'), join(portfolio, 'application_train.csv'), { preserveTimestamps: true });
        guard = spawn('scripts/postgres.sh', ['sh', '-c', 'echo "$POSTGRES_URL $POSTGRES_CONTROL"; read -r end'],
            { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
        const [line] = await new Promise((resolve) => { createInterface(guard.stdout).once('line', (...lines) => resolve(lines)); });
        [server, control] = line.split(' ');
    });
    after(async () => {
        const ended = new Promise((resolve) => { guard.on('exit', resolve); });
        guard.stdin.end('\n');
        await ended;
    });

    test('while the server is away what needs it answers 503, the rest goes on, and all is well when it is back', async () => {
        const database = makeDatabase(server);
        importPortfolio(makePortfolio(60), database);
        const backend = await startBackend({ database });
        const { client_id: id } = (await backend.get('/clients?limit=1')).body.clients[0];
        assert.equal((await backend.get(`/clients/${id}`)).status, 200);
        execFileSync(control, ['stop']);
        for (let i = 0; i < 10; i++) {
            const away = await backend.get(`/clients/${id}`);
            assert.equal(away.status, 503);
            assert.ok(Number(away.headers.get('retry-after')) > 0);
            assert.ok(!/postgres|libpq|socket/i.test(away.text), away.text);
        }
        assert.equal((await backend.get('/v2/health/live')).status, 200);
        assert.equal((await backend.get('/population')).status, 200);
        await until(() => backend.log.includes('database_away'));
        execFileSync(control, ['start']);
        const answers = await Promise.all(Array.from({ length: 20 }, () => backend.get(`/clients/${id}`)));
        for (const { status } of answers) assert.equal(status, 200);
        assert.equal(backend.exited, false);
        assert.ok(backend.log.includes('database_back'));
        assert.deepEqual(await backend.stop(), { code: 0, signal: null });
    });

    test('decisions while the server goes away: 503 and no row, or recorded; with a key nothing is lost nor doubled', async () => {
        const database = makeDatabase(server);
        importPortfolio(makePortfolio(60), database);
        const backend = await startBackend({ database });
        const { clients } = (await backend.get('/clients?limit=40')).body;
        const send = ({ client_id: id, decision }, round) => backend.post('/decisions', { client_id: id, decision },
            { headers: { 'idempotency-key': `${id}-${round}` } });
        execFileSync(control, ['stop']);
        const away = await send(clients[0], 0);
        assert.equal(away.status, 503);
        assert.ok(!/postgres|libpq|socket/i.test(away.text), away.text);
        for (const path of ['/decisions', '/decisions/1']) assert.equal((await backend.get(path)).status, 503);
        assert.equal((await backend.get('/decisions', { headers: { accept: 'application/x-ndjson' } })).status, 503);
        execFileSync(control, ['start']);
        assert.deepEqual((await backend.get('/decisions')).body.decisions, []);

        const rounds = 8;
        const ids = [];
        let refused = 0;
        const sent = clients.map(async (client) => {
            for (let round = 0; round < rounds;) {
                const { status, body } = await send(client, round);
                if (status === 201) {
                    ids.push(body.id);
                    round++;
                } else {
                    assert.equal(status, 503);
                    refused++;
                    await new Promise((again) => { setTimeout(again, 50); });
                }
            }
        });
        await until(() => ids.length > clients.length);
        for (const what of ['stop', 'start'])
            await new Promise((resolve, reject) => { execFile(control, [what], (error) => (error ? reject(error) : resolve())); });
        await Promise.all(sent);
        assert.ok(refused > 0);
        assert.deepEqual(ids.sort((a, b) => a - b), Array.from({ length: clients.length * rounds }, (_, index) => index + 1));
        const { text } = await backend.get('/decisions', { headers: { accept: 'application/x-ndjson' } });
        const lines = text.split('\n').slice(0, -1).map(JSON.parse);
        assert.equal(lines.length, ids.length);
        for (const [index, { previous_hash: before }] of lines.slice(1).entries()) assert.equal(before, lines[index].hash);
        await backend.stop();
    });

    test('an import that the server leaves in the middle goes on when it is back', async () => {
        const database = makeDatabase(server);
        const [file, args, options] = importArguments(portfolio, database);
        const child = spawn(file, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
        let said = '';
        child.stderr.on('data', (chunk) => { said += chunk; });
        const ended = new Promise((resolve) => { child.on('exit', resolve); });
        const count = () => rowsOf(database);
        await until(() => { try { return count() > 0; } catch { return false; } }); // no table yet
        execFileSync(control, ['stop']);
        const status = await ended;
        execFileSync(control, ['start']);
        assert.equal(status, 1, said);
        assert.match(said.trim().split('\n').at(-1), /^import: client store postgres:\/\/.*(broke|cannot be reached)/);
        const stored = count();
        assert.ok(stored > 0);
        const told = importPortfolio(portfolio, database);
        assert.match(told, /^Imported: \d+ clients/);
        assert.ok(told.includes(`(${stored} were there from an interrupted import)`), told);
        assert.match(importPortfolio(portfolio, database), /^The store is up to date/);
    });

    test('two imports at once: one works, the other says so', async () => {
        const database = makeDatabase(server);
        const [file, args, options] = importArguments(portfolio, database);
        const start = () => {
            const child = spawn(file, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
            let said = '';
            child.stderr.on('data', (chunk) => { said += chunk; });
            return { child, ended: new Promise((resolve) => { child.on('exit', (code) => resolve({ code, said })); }) };
        };
        const first = start();
        await until(() => {
            try {
                return rowsOf(database) > 0;
            } catch {
                return false; // no table yet
            }
        });
        first.child.kill('SIGSTOP'); // however busy the machine is, it is not done when the other one comes
        const refused = await start().ended;
        first.child.kill('SIGCONT');
        assert.equal(refused.code, 1);
        assert.match(refused.said, /another import is running/);
        assert.equal((await first.ended).code, 0);
    });

    test('two replicas show the same', async () => {
        const database = makeDatabase(server);
        importPortfolio(makePortfolio(60), database);
        const replicas = await Promise.all([startBackend({ database }), startBackend({ database })]);
        const [one, two] = await Promise.all(replicas.map(async (replica) => (await replica.get('/clients?limit=100')).body));
        assert.deepEqual(one, two);
        for (const replica of replicas) await replica.stop();
    });
});
