// One turn over HTTP: starts a server with the model of models/demo, puts it under load and ends it.
//
//     serve.js requests DATABASE FOLDER LEVELS    writes FOLDER/requests.json: what the turns send
//     serve.js turn SERVER CALL DATABASE FOLDER   prints seconds a request, latencies and the first row's probability
//     serve.js growth SERVER CALL DATABASE FOLDER CONNECTIONS…    prints the same for each number of connections, with the
//                                                 server's threads before and while it is under load
//
// LEVELS is what bench_features prints: the levels of text features, which are sent by place. SERVER is ours, flask or
// fastapi; CALL is predict, predict_client (by the client's number; ours alone) or explain.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, KEY, until } from '../api/support/backend.js';
import { load, loadBeside } from './wrk.js';

const CONNECTIONS = 8;
const SECONDS = 3;
const WARM_SECONDS = 1;
const GROWTH_SECONDS = 1; // with each number of connections
const ROWS = 64;
const STRIDE = 150; // 64 × 150 of the 10,000 clients, whose numbers follow one another
const PROCESSORS = '2'; // workers of gunicorn, threads of ours

const build = process.env.BUILD || 'build';
const model = resolve('models/demo');
const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
const folder = mkdtempSync(join(os.tmpdir(), 'clairscore-serve-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** How each server is started on `port`. */
const servers = {
    ours: (port, database) => [join(build, 'backend'), [], { env: {
        PATH: process.env.PATH, PORT: String(port), API_KEY: KEY, MODEL_DIR: model, DATABASE_URL: database,
        THREADS: PROCESSORS, BATCH_DIR: join(folder, 'batches') } }],
    // Synchronous workers, gunicorn's own choice: threads with connections kept alive gave no more requests a second.
    flask: (port) => ['/usr/bin/gunicorn',
        ['--workers', PROCESSORS, '--bind', `127.0.0.1:${port}`, '--log-level', 'warning', 'http_flask:app'],
        { cwd: 'tests/bench/peers', env: {
            ...process.env, MODEL_DIR: model, PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: '1' } }],
    fastapi: (port) => ['/usr/bin/uvicorn',
        ['--workers', PROCESSORS, '--host', '127.0.0.1', '--port', String(port), '--loop', 'uvloop', '--http', 'httptools',
            '--log-level', 'warning', '--no-access-log', 'http_fastapi:app'],
        { cwd: 'tests/bench/peers', env: {
            ...process.env, MODEL_DIR: model, PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: '1' } }],
};

async function ask(url, path, body) {
    const response = await fetch(url + path, { headers, ...(body && { method: 'POST', body }) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
}

/** Runs `work` with the address and process id of a started server, which is ended afterwards. */
async function serve(name, database, isReady, work) {
    const port = await freePort();
    const [command, words, options] = servers[name](port, database);
    const child = spawn(command, words, { ...options, stdio: ['ignore', 'ignore', name === 'ours' ? 'ignore' : 'inherit'] });
    process.on('exit', () => child.kill('SIGTERM'));
    const ended = new Promise((end) => { child.on('exit', end).on('error', end); });
    const url = `http://127.0.0.1:${port}`;
    let refusal;
    try {
        await until(async () => {
            if (child.exitCode !== null) throw new Error(`${command} ended with status ${child.exitCode}`);
            return isReady(url).catch((error) => { refusal = error; });
        }, 30_000).catch((error) => { throw child.exitCode === null && refusal ? refusal : error; });
        return await work(url, child.pid);
    } finally {
        child.kill('SIGTERM');
        await ended;
    }
}

/** The features of clients spread over the portfolio, missing ones as null, as requests. */
async function writeRequests(database, out, printed) {
    const levels = JSON.parse(printed).levels.application;
    const number = (name, value) => (typeof value === 'string' ? levels[name].indexOf(value) : value);
    const rows = await serve('ours', database, (url) => ask(url, '/v2/health/ready'), async (url) => {
        const { clients } = await ask(url, '/clients?limit=1');
        const ids = Array.from({ length: ROWS }, (_, i) => clients[0].client_id + i * STRIDE);
        const known = new Set(JSON.parse(readFileSync(join(model, 'model.json'), 'utf8')).features);
        return Promise.all(ids.map(async (id) => {
            const { fields } = await ask(url, `/clients/${id}`);
            const features = Object.fromEntries(fields.filter(({ name }) => known.has(name))
                .map(({ name, value }) => [name, number(name, value)]));
            return { client_id: id, features };
        }));
    });
    writeFileSync(join(out, 'requests.json'), JSON.stringify(rows));
    return { requests: rows.length };
}

function requestsOf(call, out) {
    const rows = JSON.parse(readFileSync(join(out, 'requests.json'), 'utf8'));
    const byFeatures = rows.map(({ features }) => JSON.stringify({ features }));
    const sent = {
        method: 'POST',
        path: call === 'explain' ? '/explain' : '/predict',
        ids: rows.map((row) => row.client_id),
        bodies: call === 'predict_client' ? rows.map(({ client_id }) => JSON.stringify({ client_id })) : byFeatures,
        headers,
    };
    return { sent, fixed: (url) => ask(url, '/predict', byFeatures[0]) };
}

async function turn(name, call, database, out) {
    const { sent, fixed } = requestsOf(call, out);
    return serve(name, database, fixed, async (url) => {
        const { probability } = await fixed(url);
        const file = join(folder, 'call.lua');
        load(url, sent, { connections: CONNECTIONS, seconds: WARM_SECONDS, file });
        const { rate, p50, p99, failed } = load(url, sent, { connections: CONNECTIONS, seconds: SECONDS, file });
        if (failed) throw new Error(`${name}: ${failed} requests failed`);
        return { seconds: 1 / rate, requests_per_s: rate, p50_ms: p50, p99_ms: p99, probability };
    });
}

/** Threads of a process and of those that it has started. */
function threadsOf(pid) {
    const tasks = readdirSync(`/proc/${pid}/task`);
    return tasks.reduce((sum, task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean)
        .reduce((more, child) => more + threadsOf(child), sum), tasks.length);
}

async function growth(name, call, database, out, ...connections) {
    const { sent, fixed } = requestsOf(call, out);
    const started = performance.now();
    return serve(name, database, fixed, async (url, pid) => {
        const { probability } = await fixed(url);
        const points = {};
        const file = join(folder, 'call.lua');
        load(url, sent, { connections: CONNECTIONS, seconds: WARM_SECONDS, file });
        const threads = threadsOf(pid);
        for (const count of connections) {
            const under = loadBeside(url, sent, { connections: Number(count), seconds: GROWTH_SECONDS, file });
            await sleep(GROWTH_SECONDS * 500);
            const busy = threadsOf(pid);
            const { rate, p50, p99, failed } = await under;
            points[count] = { requests_per_s: rate, p50_ms: p50, p99_ms: p99, more_threads: busy - threads, failed };
        }
        return { seconds: (performance.now() - started) / 1000, probability, points };
    });
}

const calls = { requests: writeRequests, turn, growth };
const [what, ...words] = process.argv.slice(2);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
const result = await calls[what](...words);
console.log(JSON.stringify(result));
