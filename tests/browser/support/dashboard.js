// The dashboard as its users meet it: both servers on free ports, a portfolio of its own, headless Chromium.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer, request } from 'node:http';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { chromium } from 'playwright-core';
import {
    KEY, build, freePort, importPortfolio, makeFolder, makePortfolio, root, startBackend, until,
} from '../../api/support/backend.js';

export const LOGIN = 'conseillère';
export const PASSWORD = 'un mot de passe & <autre>';

/** Starts a frontend before the backend at `backendUrl` and waits until it answers. */
export async function startFrontend(backendUrl, env = {}) {
    const folder = build.startsWith('/') ? build : join(root, build);
    const port = env.PORT ?? await freePort();
    const url = `http://127.0.0.1:${port}`;
    const child = spawn(join(folder, 'frontend'), [], {
        cwd: root,
        env: {
            PATH: process.env.PATH, ASAN_OPTIONS: process.env.ASAN_OPTIONS, LSAN_OPTIONS: process.env.LSAN_OPTIONS,
            PORT: String(port), BACKEND_URL: backendUrl, API_KEY: KEY, LOGIN, PASSWORD,
            ASSET_DIR: join(folder, 'frontend-assets'), ...env,
        },
        stdio: ['ignore', 'ignore', 'pipe'],
    });
    const frontend = { url, child, log: '', exited: false };
    child.stderr.on('data', (chunk) => { frontend.log += chunk; });
    frontend.ended = new Promise((resolve) => {
        child.on('exit', (code) => {
            frontend.exited = true;
            resolve(code);
        });
    });
    process.on('exit', () => child.kill('SIGKILL'));
    frontend.stop = () => {
        child.kill('SIGTERM');
        return frontend.ended;
    };
    await until(async () => {
        if (frontend.exited) throw new Error(`the frontend ended: ${frontend.log}`);
        return fetch(`${url}/sign-in`).then((answer) => answer.ok, () => false);
    });
    return frontend;
}

/** A relay before the backend, so that it can seem to fail: `mode` is "pass", "refuse", "hang", "cut" (lost after the first
 * bytes of a body) or an answer {status, body}. What matches `broken` gets 500 in any mode. */
export async function startRelay(backendUrl) {
    const relay = { mode: 'pass' };
    const server = createServer((asked, answer) => {
        if (relay.broken?.test(asked.url)) {
            answer.writeHead(500, { 'content-type': 'application/json' });
            answer.end('{}');
        } else if (relay.mode === 'refuse') {
            asked.socket.destroy();
        } else if (relay.mode === 'cut' && asked.method === 'POST') {
            asked.once('data', () => asked.socket.destroy());
        } else if (['pass', 'cut'].includes(relay.mode)) {
            const { method, headers, url } = asked;
            const on = request(backendUrl + url, { method, headers }, (answered) => {
                if (!relay.change) {
                    answer.writeHead(answered.statusCode, answered.headers);
                    answered.pipe(answer);
                    return;
                }
                const { 'content-length': length, ...rest } = answered.headers;
                let text = '';
                answered.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => {
                    answer.writeHead(answered.statusCode, rest);
                    answer.end(relay.change(url, text));
                });
            });
            on.on('error', () => asked.socket.destroy());
            asked.pipe(on);
        } else if (relay.mode !== 'hang') {
            answer.writeHead(relay.mode.status, { 'content-type': 'application/json' });
            answer.end(relay.mode.body);
        }
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    relay.url = `http://127.0.0.1:${server.address().port}`;
    relay.stop = () => {
        server.closeAllConnections();
        server.close();
    };
    return relay;
}

function chromiumPath() {
    const path = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
        .find((candidate) => candidate && existsSync(candidate));
    if (!path) throw new Error('no Chromium: install it or set CHROMIUM to its path');
    return path;
}

/** Everything a test file needs; stopped when its tests are through. */
export async function openDashboard({ clients = 300, relayed = false, env = {}, backendEnv = {} } = {}) {
    const database = `sqlite:${join(makeFolder(), 'store.db')}`;
    importPortfolio(makePortfolio(clients), database);
    const backend = await startBackend({ database, env: { BATCH_DIR: makeFolder(), ...backendEnv } });
    const relay = relayed ? await startRelay(backend.url) : undefined;
    const frontend = await startFrontend(relay?.url ?? backend.url, env);
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });
    after(async () => {
        await browser.close();
        const code = await frontend.stop();
        relay?.stop();
        await backend.stop();
        assert.equal(code, 0, `the frontend stopped with ${code}: ${frontend.log.slice(-3000)}`);
    });

    const dashboard = { backend, relay, frontend, browser, url: frontend.url };

    /** A page in a context of its own. `page.faults` collects what the console complains of. */
    dashboard.newPage = async ({ language = 'fr', scheme = 'light', width = 1280, scripts = true } = {}) => {
        const context = await browser.newContext({
            baseURL: frontend.url, locale: language, colorScheme: scheme, javaScriptEnabled: scripts,
            viewport: { width, height: 800 }, reducedMotion: 'reduce',
        });
        context.setDefaultTimeout(10_000);
        const page = await context.newPage();
        page.faults = [];
        page.on('console', (message) => { if (message.type() === 'error') page.faults.push(message.text()); });
        page.on('pageerror', (error) => page.faults.push(String(error)));
        return page;
    };

    /** The same, signed in, on the clients' page. */
    dashboard.enter = async ({ login, password, ...options } = {}) => {
        const page = await dashboard.newPage(options);
        await page.goto('/');
        await signIn(page, { login, password });
        await page.waitForURL('**/clients');
        return page;
    };

    /** Some client that the model grants or refuses, from the API. */
    dashboard.clientThatIs = async (decision) => {
        const { body } = await backend.get('/clients?limit=100');
        return body.clients.find((client) => client.decision === decision);
    };

    /** Records a decision with the API, as a colleague would. */
    dashboard.decide = async (client, decision, more = {}) => {
        const { status, body } = await backend.post('/decisions', { client_id: client.client_id, decision, advisor: 'collègue', ...more });
        assert.equal(status, 201);
        return body;
    };

    /** The decisions about a client, the latest first. */
    dashboard.decisionsAbout = async (client) =>
        (await backend.get(`/decisions?client_id=${client.client_id}`)).body.decisions;
    return dashboard;
}

export async function signIn(page, { login = LOGIN, password = PASSWORD } = {}) {
    await page.fill('#login', login);
    await page.fill('#password', password);
    await page.click('main button[type=submit]');
}

/** Waits until every chart of the page has something drawn on it; returns how many there are. */
export async function waitForCharts(page) {
    const handle = await page.waitForFunction(() => {
        const canvases = [...document.querySelectorAll('canvas[data-chart]')];
        const isDrawn = (canvas) => canvas.width > 0 && canvas.getContext('2d')
            .getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte !== 0);
        return canvases.every(isDrawn) && { count: canvases.length };
    });
    return (await handle.jsonValue()).count;
}
