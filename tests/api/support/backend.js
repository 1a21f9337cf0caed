// A real backend on a free port, with a store filled from a generated portfolio.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from './contract.js';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const build = process.env.BUILD ?? 'build';
export const model = process.env.MODEL_DIR ?? 'models/demo';
export const KEY = 'a key for tests';

/** What a started program gets of our environment: no settings, but what sanitizers want to know. */
export const environment = Object.fromEntries(Object.entries(process.env)
    .filter(([name]) => name === 'PATH' || name.endsWith('SAN_OPTIONS')));

const program = (name) => (build.startsWith('/') ? join(build, name) : join(root, build, name));

/** A folder of its own, removed when the test process ends. */
export function makeFolder() {
    const folder = mkdtempSync(join(tmpdir(), 'clairscore-api-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    return folder;
}

let databases = 0;

/** The address of a new database: a SQLite file, or one on the PostgreSQL that scripts/postgres.sh runs the tests with. */
export function makeDatabase(server = process.env.POSTGRES_URL) {
    if (!server) return `sqlite:${makeFolder()}/store.db`;
    const name = `api_${process.pid}_${++databases}`;
    execFileSync('psql', [`${server}/postgres`, '-qc', `CREATE DATABASE ${name}`]);
    return `${server}/${name}`;
}

/** Generates a portfolio into a new folder. */
export function makePortfolio(clients, seed = 7) {
    const folder = makeFolder();
    execFileSync(program('00_portfolio'),
        ['generate', '--clients', String(clients), '--seed', String(seed), '--out', folder],
        { cwd: root, stdio: 'pipe' });
    return folder;
}

export function importArguments(data, database, artifact = model) {
    return [program('import'), ['--data', data, '--database', database, '--model', artifact], { cwd: root }];
}

/** Imports and returns what the program printed. */
export function importPortfolio(data, database, artifact = model) {
    const [file, args, options] = importArguments(data, database, artifact);
    return execFileSync(file, args, { ...options, stdio: 'pipe' }).toString();
}

export function freePort() {
    return new Promise((resolve, reject) => {
        const server = createServer().on('error', reject).listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => resolve(port));
        });
    });
}

/** Starts a backend and waits until it is ready (or only until it answers). */
export async function startBackend({ database, env = {}, ready = true } = {}) {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = spawn(program('backend'), [], {
        cwd: root,
        env: {
            ...environment, PORT: String(port), API_KEY: KEY, MODEL_DIR: model, DATABASE_URL: database,
            BATCH_DIR: env.BATCH_DIR ?? join(makeFolder(), 'batches'), ...env,
        },
        stdio: ['ignore', 'ignore', 'pipe'],
    });
    const backend = { url, port, child, log: '', exited: false };
    child.stderr.on('data', (chunk) => { backend.log += chunk; });
    backend.ended = new Promise((resolve) => {
        child.on('exit', (code, signal) => {
            backend.exited = true;
            resolve({ code, signal });
        });
    });
    process.on('exit', () => child.kill('SIGKILL'));
    backend.stop = async () => {
        child.kill('SIGTERM');
        return backend.ended;
    };
    /** Calls the API and holds the answer against the contract. */
    backend.call = async (method, path, { body, json, headers = {}, key = KEY } = {}) => {
        const sent = { ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers };
        if (json !== undefined) sent['content-type'] ??= 'application/json';
        const response = await fetch(url + path, { method, headers: sent, body: body ?? (json === undefined ? undefined : JSON.stringify(json)) });
        const text = await response.text();
        check(method, new URL(url + path).pathname, response.status, response.headers, text);
        const type = response.headers.get('content-type') ?? '';
        return {
            status: response.status, headers: response.headers, text,
            body: text && /^application\/(.*\+)?json$/.test(type.split(';')[0]) ? JSON.parse(text) : undefined,
        };
    };
    backend.get = (path, options) => backend.call('GET', path, options);
    backend.post = (path, json, options) => backend.call('POST', path, { json, ...options });

    await until(async () => {
        if (backend.exited) throw new Error(`the backend ended: ${backend.log}`);
        const response = await fetch(`${url}/v2/health/${ready ? 'ready' : 'live'}`).catch(() => undefined);
        await response?.arrayBuffer();
        return response?.ok;
    });
    return backend;
}

/** Waits until `condition` holds, at most ten seconds unless told otherwise. */
export async function until(condition, milliseconds = 10_000) {
    for (const started = Date.now(); Date.now() - started < milliseconds;) {
        if (await condition()) return;
        await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    throw new Error(`waited ${milliseconds / 1000} seconds in vain`);
}
