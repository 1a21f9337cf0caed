// What goes over the wire: headers, caching, compression, a clean stop.
import assert from 'node:assert/strict';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { request } from 'node:http';
import { test } from 'node:test';
import { openDashboard, startFrontend } from './support/dashboard.js';

const dashboard = await openDashboard({ clients: 30 });
const signIn = await fetch(`${dashboard.url}/sign-in`);
const html = await signIn.text();
const base = /href="(\/static\/[0-9a-f]{16})\/css\/app.css"/.exec(html)[1];

/** fetch() decodes what is compressed; this does not. */
function get(path, headers = {}) {
    return new Promise((resolve, reject) => {
        request(dashboard.url + path, { headers }, (answer) => {
            const chunks = [];
            answer.on('data', (chunk) => chunks.push(chunk));
            answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) }));
        }).on('error', reject).end();
    });
}

test('pages are guarded by a strict policy and kept by nobody', () => {
    const policy = signIn.headers.get('content-security-policy');
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'",
        "base-uri 'none'", "form-action 'self'"]) assert.ok(policy.includes(part), part);
    assert.doesNotMatch(policy, /unsafe/);
    assert.equal(signIn.headers.get('cache-control'), 'no-store');
    assert.equal(signIn.headers.get('content-language'), 'fr');
    assert.equal(signIn.headers.get('x-content-type-options'), 'nosniff');
    assert.doesNotMatch(html, /<script(?![^>]*src=)|\son[a-z]+=|\sstyle=/);
});

test('static files are cached for ever under their version', async () => {
    const current = await get(`${base}/css/app.css`);
    assert.equal(current.status, 200);
    assert.equal(current.headers['cache-control'], 'public, max-age=31536000, immutable');
    assert.equal(current.headers['content-type'], 'text/css; charset=utf-8');
    const other = await get('/static/0000000000000000/css/app.css');
    assert.equal(other.headers['cache-control'], 'no-cache');
    const again = await get(`${base}/css/app.css`, { 'if-none-match': current.headers.etag });
    assert.equal(again.status, 304);
    assert.equal(again.body.length, 0);
});

test('scripts and styles go compressed to who takes it', async () => {
    const small = await get(`${base}/js/chart.js`, { 'accept-encoding': 'gzip' });
    const large = await get(`${base}/js/chart.js`);
    assert.equal(small.headers['content-encoding'], 'gzip');
    assert.equal(large.headers['content-encoding'], undefined);
    assert.ok(small.body.length < large.body.length / 2);
    assert.deepEqual(gunzipSync(small.body), large.body);
    const smallest = await get(`${base}/js/chart.js`, { 'accept-encoding': 'gzip, deflate, br, zstd' });
    assert.equal(smallest.headers['content-encoding'], 'br');
    assert.ok(smallest.body.length < small.body.length);
    assert.deepEqual(brotliDecompressSync(smallest.body), large.body);
    const never = await get(`${base}/js/chart.js`, { 'accept-encoding': 'gzip;q=0, br;q=0' });
    assert.equal(never.headers['content-encoding'], undefined);
});

test('pages go compressed to who takes it, and no two carry the same token', async () => {
    const [small, large] = [await get('/sign-in', { 'accept-encoding': 'gzip' }), await get('/sign-in')];
    assert.equal(small.headers['content-encoding'], 'gzip');
    assert.match(small.headers.vary, /accept-encoding/i);
    assert.equal(large.headers['content-encoding'], undefined);
    assert.ok(small.body.length < large.body.length / 2);
    const token = (body) => /name="token" value="([^"]+)"/.exec(body.toString())[1];
    assert.notEqual(token(gunzipSync(small.body)), token(large.body));
});

test('there is no way out of the static folder', async () => {
    for (const path of ['/static/x/..%2f..%2ftemplates/head.html', '/static/x/../../locales/fr.json', '/static/x/css/%2e%2e%2ffoo',
        '/static/x/templates/head.html']) assert.notEqual((await get(path)).status, 200, path);
});

test('Accept-Language chooses the language, the choice goes before it', async () => {
    const language = async (path, headers) => /<html lang="(..)"/.exec((await get(path, headers)).body.toString())[1];
    assert.equal(await language('/sign-in', {}), 'fr');
    assert.equal(await language('/sign-in', { 'accept-language': 'en-GB,en;q=0.9,fr;q=0.5' }), 'en');
    assert.equal(await language('/sign-in', { 'accept-language': 'de' }), 'fr');
    assert.equal(await language('/sign-in?lang=en', { 'accept-language': 'fr' }), 'en');
    assert.equal(await language('/sign-in', { 'accept-language': 'fr', cookie: 'language=en' }), 'en');
    assert.equal(await language('/sign-in?lang=xx', { 'accept-language': 'en' }), 'en');
});

test('a watcher gets an answer, and leaves no trace in the log', async () => {
    const answer = await get('/health');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['set-cookie'], undefined);
    assert.equal(dashboard.frontend.log.includes('/health'), false);
});

test('over HTTPS the cookie is bound to it', async () => {
    const frontend = await startFrontend(dashboard.backend.url, { COOKIE_SECURE: '1' });
    const answer = await fetch(`${frontend.url}/sign-in`);
    assert.match(answer.headers.get('set-cookie'), /^__Host-clairscore=[^;]+;.*Secure/i);
    assert.equal(await frontend.stop(), 0);
});

test('what is set wrongly is named at the start', async () => {
    for (const [env, said] of [[{ LOGIN: '' }, 'LOGIN'], [{ PASSWORD: '' }, 'PASSWORD'], [{ SESSION_KEY: 'short' }, 'SESSION_KEY'],
        [{ ASSET_DIR: '/nowhere' }, '/nowhere'], [{ BACKEND_URL: 'ftp://x' }, 'BACKEND_URL'], [{ PORT: '0' }, 'PORT']]) {
        await assert.rejects(startFrontend(dashboard.backend.url, env), (error) => error.message.includes(said), said);
    }
});
