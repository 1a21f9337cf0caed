// `make bench-service`: the backend with a large portfolio, on both stores. Every call of service_calls.json at 32
// connections (wrk), start to ready, memory, a batch, reloads under load. Writes docs/service.md. These are figures of one
// machine, not ratios: they say what to expect, and where the time goes.
import { execFileSync } from 'node:child_process';
import { createReadStream, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../api/support/backend.js';
import { CLIENTS, digits, get, headers, importInto, makePortfolio, now, resident, say, someIds, startBackend, table, work } from './large.js';
import { load } from './wrk.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
process.chdir(root);
const SECONDS = Number(process.env.CALL_SECONDS || 3);
const CONNECTIONS = 32;
const RELOADS = 20;

/** A body for each id. {id} is the client's number, {features} its features by name. */
async function makeBodies(call, ids, url) {
    if (!call.body) return [];
    const text = JSON.stringify(call.body);
    const bodies = [];
    for (const id of ids) {
        let body = text.replaceAll('"{id}"', id);
        if (body.includes('"{features}"')) {
            const { fields } = await get(`${url}/clients/${id}`);
            const features = Object.fromEntries(fields.filter((field) => typeof field.value === 'number').slice(0, 120)
                .map((field) => [field.name, field.value]));
            body = body.replaceAll('"{features}"', JSON.stringify(features));
        }
        bodies.push(body);
    }
    return bodies;
}

async function measure(call, ids, url) {
    const bodies = await makeBodies(call, ids, url);
    return { name: call.name, ...load(url, { ...call, ids, bodies, headers },
        { connections: CONNECTIONS, seconds: SECONDS, file: join(work, 'call.lua') }) };
}

/** Scores the portfolio's application table as a batch. */
async function scoreBatch(url, portfolio, pid) {
    const file = join(portfolio, 'application_train.csv');
    say(`A batch of ${CLIENTS} rows (${Math.round(statSync(file).size / 2 ** 20)} MB)`);
    const before = resident(pid);
    const started = now();
    const response = await new Promise((resolve, reject) => {
        const sent = http.request(`${url}/batches`, { method: 'POST', headers: { ...headers, 'content-type': 'text/csv', 'content-length': statSync(file).size } }, resolve);
        sent.on('error', reject);
        createReadStream(file).pipe(sent);
    });
    const text = (await response.setEncoding('utf8').toArray()).join('');
    if (response.statusCode !== 202) throw new Error(`POST /batches: ${response.statusCode} ${text}`);
    const batch = JSON.parse(text);
    const received = now() - started;
    let state;
    await until(async () => ['done', 'failed'].includes((state = await get(`${url}/batches/${batch.id}`)).status), 600_000);
    if (state.status !== 'done') throw new Error(`the batch failed: ${JSON.stringify(state)}`);
    const seconds = now() - started;
    return { received, seconds, rows: CLIENTS / seconds, before, peak: resident(pid, 'VmHWM') };
}

/** Reloads the model again and again while clients ask; how many requests failed. */
async function reloadUnderLoad(url) {
    say(`${RELOADS} reloads under load`);
    let ended = false, asked = 0, lost = 0;
    const ask = async () => {
        const { clients } = await get(`${url}/clients?limit=1`);
        const body = JSON.stringify({ client_id: clients[0].client_id });
        while (!ended) {
            const response = await fetch(`${url}/explain?top=3`, { method: 'POST', headers, body }).catch(() => undefined);
            await response?.arrayBuffer();
            asked++;
            lost += response?.status !== 200;
        }
    };
    const askers = Array.from({ length: 8 }, ask);
    for (let i = 0; i < RELOADS; i++) {
        const response = await fetch(`${url}/model/reload`, { method: 'POST', headers });
        if (!response.ok) throw new Error(`reload: ${response.status} ${await response.text()}`);
        await response.arrayBuffer();
        while ((await get(`${url}/model/reload`)).state === 'running') await new Promise((next) => { setTimeout(next, 20); });
    }
    ended = true;
    await Promise.all(askers);
    return { asked, lost };
}

async function measureStore(name, database, portfolio, calls) {
    const imported = importInto(database, portfolio);
    let { child, url, seconds, stop } = await startBackend(database);
    const memory = resident(child.pid);
    say(`${name}: ready after ${seconds.toFixed(2)} s, ${memory.toFixed(0)} MB`);
    const ids = await someIds(url);
    const rows = [];
    for (const call of calls) {
        const row = await measure(call, ids, url);
        console.log(`  ${row.name}: ${row.rate.toFixed(0)}/s, p50 ${digits(row.p50)} ms, p99 ${digits(row.p99)} ms${row.failed ? `, ${row.failed} FAILED` : ''}`);
        rows.push(row);
    }
    const after = resident(child.pid);
    const reloads = await reloadUnderLoad(url);
    await stop();
    ({ child, url, stop } = await startBackend(database)); // the peak is the batch's own
    const batch = await scoreBatch(url, portfolio, child.pid);
    await stop();
    return { name, imported, seconds, memory, after, rows, reloads, batch };
}

function page(stores) {
    const line = (title, of) => [title, ...stores.map(of)];
    return `# The service under load

Written by \`make bench-service\`: ${CLIENTS.toLocaleString('en')} generated clients with their history, ${CONNECTIONS} connections, one \`wrk\` thread on the same
${os.cpus().length} cores (${os.cpus()[0].model.trim()}) for ${SECONDS} s a call; ids spread over the portfolio. Load of the machine before: ${busy.toFixed(1)}.
Absolute figures of one machine and one run; speed against peers is in [performance.md](performance.md).

${table(['what', ...stores.map((store) => store.name)], [
    line('import, s / peak MB', (s) => `${digits(s.imported.seconds)} / ${digits(s.imported.megabytes)}`),
    line('start to ready, s', (s) => digits(s.seconds)),
    line('resident memory when ready / after the calls, MB', (s) => `${digits(s.memory)} / ${digits(s.after)}`),
    line(`requests during ${RELOADS} reloads / lost`, (s) => `${s.reloads.asked} / ${s.reloads.lost}`),
    line(`batch of ${CLIENTS.toLocaleString('en')} rows: rows/s, upload included`, (s) => digits(s.batch.rows)),
    line('the same: s to receive / in all', (s) => `${digits(s.batch.received)} / ${digits(s.batch.seconds)}`),
    line('the same: MB before / at most', (s) => `${digits(s.batch.before)} / ${digits(s.batch.peak)}`),
])}

${table(['call', ...stores.flatMap((s) => [`${s.name}: requests/s`, 'p50 ms', 'p99 ms', 'failed'])],
        stores[0].rows.map((row, i) => [`\`${row.name}\``, ...stores.flatMap((s) => [digits(s.rows[i].rate), digits(s.rows[i].p50), digits(s.rows[i].p99), s.rows[i].failed])]))}
`;
}

const busy = os.loadavg()[0];
const calls = JSON.parse(readFileSync('tests/bench/service_calls.json', 'utf8'));
const portfolio = makePortfolio();
const stores = [await measureStore('SQLite', `sqlite:${join(work, 'store.db')}`, portfolio, calls)];
if (process.env.POSTGRES_URL) {
    execFileSync('psql', [`${process.env.POSTGRES_URL}/postgres`, '-qc', 'CREATE DATABASE service']);
    stores.push(await measureStore('PostgreSQL', `${process.env.POSTGRES_URL}/service`, portfolio, calls));
}
mkdirSync('docs', { recursive: true });
writeFileSync('docs/service.md', page(stores));
console.log('Wrote docs/service.md.');
