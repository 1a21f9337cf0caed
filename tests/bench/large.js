// A large portfolio, and the servers over it: what the measurements of service.js and dashboard.js have in common.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { freePort, until } from '../api/support/backend.js';

export const build = process.env.BUILD || 'build';
export const CLIENTS = Number(process.env.CLIENTS || 300_000);
export const KEY = 'a key for measuring, which no other server has';

/** A folder that goes when the program ends. */
export const work = mkdtempSync(join(process.env.WORK || os.tmpdir(), 'clairscore-bench-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

export const say = (text) => console.log(`→ ${text}`);
export const now = () => performance.now() / 1000;

/** The folder of the generated clients' CSV files: PORTFOLIO when it is there already. */
export function makePortfolio() {
    const folder = process.env.PORTFOLIO || join(work, 'portfolio');
    if (existsSync(join(folder, 'application_train.csv'))) return folder;
    say(`Generating ${CLIENTS} clients`);
    execFileSync(join(build, '00_portfolio'), ['generate', '--clients', String(CLIENTS), '--test-clients', '1000',
        '--seed', '1', '--out', folder], { stdio: 'ignore' });
    return folder;
}

/** Imports it; seconds and megabytes at most. */
export function importInto(database, portfolio) {
    say(`Importing into ${database.split(':')[0]}`);
    const times = join(work, 'times');
    execFileSync('/usr/bin/time', ['-o', times, '-f', '%e %M', join(build, 'import'), '--data', portfolio, '--database', database],
        { stdio: 'ignore' });
    const [seconds, kilobytes] = readFileSync(times, 'utf8').trim().split(' ').map(Number);
    return { seconds, megabytes: kilobytes / 1024 };
}

/** Megabytes of a process. */
export const resident = (pid, field = 'VmRSS') =>
    Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

/** Starts a program of the build on a free port; resolves when PATH answers, with the seconds it took. */
export async function startProgram(name, path, env) {
    const port = await freePort();
    const started = now();
    const child = spawn(join(build, name), [], { env: { PATH: process.env.PATH, PORT: String(port), ...env }, stdio: ['ignore', 'ignore', 'ignore'] });
    process.on('exit', () => child.kill('SIGKILL'));
    const url = `http://127.0.0.1:${port}`;
    await until(async () => (await fetch(`${url}${path}`).catch(() => undefined))?.ok, 120_000);
    const stop = () => {
        child.kill('SIGTERM');
        return new Promise((resolve) => { child.on('exit', resolve); });
    };
    return { child, url, seconds: now() - started, stop };
}

/** Starts the backend; `seconds` until it is ready. */
export const startBackend = (database) => startProgram('backend', '/v2/health/ready', {
    API_KEY: KEY, DATABASE_URL: database, RATE_LIMIT: '0', BATCH_DIR: join(work, 'batches'), MAX_BATCH_BYTES: String(2 ** 30),
});

export const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
/** The answer's JSON. Once more when a connection kept from before was just being closed by the server, which had not been asked for long. */
export async function get(url) {
    const ask = async () => (await fetch(url, { headers })).json();
    return ask().catch(ask);
}

/** Some ids spread over the portfolio. */
export async function someIds(url) {
    const { clients } = await get(`${url}/clients?limit=1`);
    const first = clients[0].client_id;
    return Array.from({ length: 64 }, (_, i) => first + Math.floor((i * CLIENTS) / 64));
}

export const digits = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
export const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

