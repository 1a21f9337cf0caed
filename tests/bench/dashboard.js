// `make bench-dashboard`: both servers with a large portfolio. Time of every page of dashboard_pages.json, what a browser
// loads and when it shows something, memory of sessions, 200 managers at work for a minute, Lighthouse on the client's page.
// Writes docs/dashboard.md. Figures of one machine: they say what to expect.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import lighthouse from './lighthouse/node_modules/lighthouse/core/index.js';
import { chromium } from 'playwright-core';
import { freePort } from '../api/support/backend.js';
import { CLIENTS, KEY, build, digits, importInto, makePortfolio, resident, say, someIds, startBackend, startProgram, table, work as folder } from './large.js';
import { Manager, quantile, work } from './managers.js';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const MANAGERS = Number(process.env.MANAGERS || 200);
const SECONDS = Number(process.env.MANAGERS_SECONDS || 60);
const THINKS_MS = Number(process.env.THINKS_MS || 2000); // between two pages, on average: quicker than anybody reads
const VISITS = 300; // of each page, one after another
const SESSIONS = 100;
const LOGIN = 'conseillère';
const PASSWORD = 'a password for measuring';
const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';
const pages = JSON.parse(readFileSync('tests/bench/dashboard_pages.json', 'utf8'));

/** One manager alone: the page's time from the request to its last byte. */
async function timePage(manager, page, ids) {
    const times = [];
    let bytes = 0;
    for (let i = 0; i < VISITS; i++) {
        const answer = await manager.open(page.path.replaceAll('{id}', ids[i % ids.length]));
        if (answer.status !== 200) throw new Error(`${page.path}: ${answer.status}`);
        times.push(answer.ms);
        bytes = Math.max(bytes, answer.body.length);
    }
    times.sort((a, b) => a - b);
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), bytes };
}

/** What a browser that comes for the first time loads for the page, and when it shows something. */
async function loadPage(browser, url, cookies, path) {
    const context = await browser.newContext({ baseURL: url, locale: 'fr' });
    await context.addCookies(cookies);
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    let bytes = 0;
    session.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
    await page.goto(path);
    await page.waitForLoadState('networkidle');
    const painted = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime);
    await context.close();
    return { bytes, painted };
}

const median = (values) => quantile([...values].sort((a, b) => a - b), 0.5);

async function loadPages(manager, url, ids) {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    const cookies = [...manager.cookies].map(([name, value]) => ({ name, value, url }));
    const rows = [];
    for (const { name, path } of pages) {
        const visits = [];
        for (const id of ids.slice(0, 5)) visits.push(await loadPage(browser, url, cookies, path.replaceAll('{id}', id)));
        rows.push({ name, bytes: Math.max(...visits.map(({ bytes }) => bytes)), painted: median(visits.map(({ painted }) => painted)) });
    }
    await browser.close();
    return rows;
}

/** Lighthouse's scores with its phone profile: a slow phone on slow 4G. */
async function audit(url, cookie) {
    const port = await freePort();
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', `--remote-debugging-port=${port}`] });
    const { lhr } = await lighthouse(url, { port, logLevel: 'error', extraHeaders: { Cookie: cookie }, onlyCategories: ['performance', 'accessibility', 'best-practices'] });
    await browser.close();
    const failing = Object.values(lhr.categories).flatMap(({ auditRefs }) => auditRefs)
        .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 0.9).map(({ id }) => id);
    const score = (name) => Math.round(100 * lhr.categories[name].score);
    return {
        performance: score('performance'), accessibility: score('accessibility'), practices: score('best-practices'), failing,
        painted: lhr.audits['first-contentful-paint'].numericValue, largest: lhr.audits['largest-contentful-paint'].numericValue,
        blocked: lhr.audits['total-blocking-time'].numericValue, shift: lhr.audits['cumulative-layout-shift'].numericValue,
    };
}

const portfolio = makePortfolio();
const busy = os.loadavg()[0];
const database = `sqlite:${join(folder, 'store.db')}`;
importInto(database, portfolio);
const backend = await startBackend(database);
const ids = await someIds(backend.url);
const frontend = await startProgram('frontend', '/health', {
    BACKEND_URL: backend.url, API_KEY: KEY, LOGIN, PASSWORD, ASSET_DIR: join(build, 'frontend-assets'),
    SESSION_KEY: 'a key that seals the sessions of the measurement',
});
const manager = new Manager(frontend.url);
await manager.signIn(LOGIN, PASSWORD);

say(`Each page ${VISITS} times`);
const rows = [];
for (const page of pages) {
    rows.push({ ...page, ...await timePage(manager, page, ids) });
    const { name, p50, p99, bytes } = rows.at(-1);
    console.log(`  ${name}: p50 ${digits(p50)} ms, p99 ${digits(p99)} ms, ${(bytes / 1000).toFixed(1)} kB`);
}

say('Each page in a browser');
const loads = await loadPages(manager, frontend.url, ids);
for (const { name, bytes, painted } of loads) console.log(`  ${name}: ${(bytes / 1000).toFixed(1)} kB, first paint after ${painted?.toFixed(0)} ms`);

say('Lighthouse');
const audited = await audit(`${frontend.url}/clients/${ids[0]}`, manager.cookieHeader);
console.log(`  ${JSON.stringify(audited)}`);

say(`${SESSIONS} sessions`);
const managers = [];
const memory = resident(frontend.child.pid);
for (let i = 0; i < Math.max(MANAGERS, SESSIONS); i++) {
    managers.push(new Manager(frontend.url));
    await managers.at(-1).signIn(LOGIN, PASSWORD);
    if (i + 1 === SESSIONS) console.log(`  ${(resident(frontend.child.pid) - memory).toFixed(1)} MB more`);
}
const grown = (100 * (resident(frontend.child.pid) - memory)) / managers.length;

say(`${MANAGERS} managers for ${SECONDS} s`);
const { times, faults } = await work(managers.slice(0, MANAGERS), { pages, ids, seconds: SECONDS, thinks: THINKS_MS });
const visited = [...times.values()].reduce((sum, list) => sum + list.length, 0);
for (const [name, list] of times) console.log(`  ${name}: ${list.length} visits, p50 ${digits(quantile(list, 0.5))} ms, p99 ${digits(quantile(list, 0.99))} ms`);
console.log(`  ${visited} visits, ${[...faults.values()].reduce((sum, count) => sum + count, 0)} errors ${JSON.stringify([...faults])}`);
const afterwards = { frontend: resident(frontend.child.pid), backend: resident(backend.child.pid) };
for (const one of [manager, ...managers]) one.leave();
await frontend.stop();
await backend.stop();

const all = [...times.values()].flat().sort((a, b) => a - b);
mkdirSync('docs', { recursive: true });
writeFileSync('docs/dashboard.md', `# The dashboard under load

Written by \`make bench-dashboard\`: both servers over ${CLIENTS.toLocaleString('en')} generated clients with their history (SQLite) on the
${os.cpus().length} cores (${os.cpus()[0].model.trim()}) that the browser and the managers use too. Load of the machine before: ${busy.toFixed(1)}.

Server time: one manager, ${VISITS} visits a page, from the request to the last byte, the backend's calls included. Weight: all
that a browser loads on its first visit, compressed, styles, font and Chart.js included; afterwards only the page itself.
First paint: first contentful paint in headless Chromium on this machine, nothing cached, median of 5.
At work: ${MANAGERS} managers for ${SECONDS} s, each going from page to page after ${THINKS_MS / 1000} s of thinking on average.

${table(['page', 'server p50 ms', 'p99 ms', 'page kB', 'first visit kB', 'first paint ms', 'at work: visits', 'p50 ms', 'p99 ms'],
        rows.map((row, i) => [row.name, digits(row.p50), digits(row.p99), (row.bytes / 1000).toFixed(1), (loads[i].bytes / 1000).toFixed(1), loads[i].painted.toFixed(0),
            times.get(row.name).length, digits(quantile(times.get(row.name), 0.5)), digits(quantile(times.get(row.name), 0.99))]))}

| of all | |
| --- | --- |
| pages shown to ${MANAGERS} managers in ${SECONDS} s / errors | ${visited} / ${[...faults.values()].reduce((sum, count) => sum + count, 0)} |
| their p50 / p99, ms | ${digits(quantile(all, 0.5))} / ${digits(quantile(all, 0.99))} |
| memory of 100 sessions, MB (they live in cookies) | ${grown.toFixed(1)} |
| dashboard / backend afterwards, MB | ${digits(afterwards.frontend)} / ${digits(afterwards.backend)} |
| Lighthouse on the client's page, phone: performance / accessibility / best practices | ${audited.performance} / ${audited.accessibility} / ${audited.practices} |
| the same: first / largest contentful paint ms, blocking ms, layout shift | ${audited.painted.toFixed(0)} / ${audited.largest.toFixed(0)}, ${audited.blocked.toFixed(0)}, ${audited.shift.toFixed(3)} |
`);
console.log('Wrote docs/dashboard.md.');
process.exit(0);
