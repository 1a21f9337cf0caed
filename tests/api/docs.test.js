// The page of the contract: its files, their policy, their compressed form.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { makeDatabase, root, startBackend } from './support/backend.js';

let backend;
before(async () => { backend = await startBackend({ database: makeDatabase(), ready: false }); });
after(() => backend?.stop());

/** The bytes as they are sent: fetch would decompress them. */
function raw(path, headers) {
    return new Promise((resolve, reject) => {
        request(backend.url + path, { headers }, (answer) => {
            const parts = [];
            answer.on('data', (part) => parts.push(part));
            answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(parts) }));
        }).on('error', reject).end();
    });
}

test('needs no key, and every file it names is there', async () => {
    const page = await backend.get('/docs', { key: '' });
    assert.equal(page.status, 200);
    const files = [...page.text.matchAll(/(?:src|href)="(docs\/[^"]+)"/g)].map(([, path]) => path);
    assert.equal(files.length, 4);
    for (const file of files) assert.equal((await backend.get(`/${file}`, { key: '' })).status, 200, file);
    assert.match((await backend.get('/docs/LICENSE')).text, /Apache License/);
    assert.equal((await backend.get('/docs/routes.c')).status, 404);
    assert.equal((await backend.get('/docs/swagger-ui.css?x=1')).status, 422);
});

test('allows no inline script or style, and has none', async () => {
    const { headers, text } = await backend.get('/docs', { key: '' });
    const policy = headers.get('content-security-policy');
    assert.match(policy, /default-src 'none'/);
    assert.ok(!policy.includes('unsafe'), policy);
    assert.ok(!/<script(?![^>]*src=)|<style|style=|\son[a-z]+=/.test(text));
    assert.ok(!/https?:/.test(text), 'nothing is fetched from elsewhere');
});

test('sends the package as it is, compressed to those who take it', async () => {
    for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
        const original = readFileSync(join(root, 'node_modules/swagger-ui-dist', name));
        for (const accepted of [undefined, '', 'identity', 'gzip;q=0', 'br']) {
            const { headers, body } = await raw(`/docs/${name}`, accepted === undefined ? {} : { 'accept-encoding': accepted });
            assert.equal(headers['content-encoding'], undefined, accepted);
            assert.ok(body.equals(original), accepted);
        }
        for (const accepted of ['gzip', 'br, gzip;q=0.5', 'GZIP']) {
            const { headers, body } = await raw(`/docs/${name}`, { 'accept-encoding': accepted });
            assert.equal(headers['content-encoding'], 'gzip', accepted);
            assert.ok(body.length < original.length / 3);
            assert.ok(gunzipSync(body).equals(original), accepted);
        }
    }
});
