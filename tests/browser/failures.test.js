// When something fails there is a page that says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { raw } from '../api/support/raw.js';
import { openDashboard } from './support/dashboard.js';

const dashboard = await openDashboard({ clients: 60, relayed: true, env: { BACKEND_TIMEOUT_MS: '400' } });
const { client_id: id } = await dashboard.clientThatIs('granted');
const page = await dashboard.enter();
const decided = await dashboard.clientThatIs('refused');
await dashboard.decide(decided, 'refused');
const pages = ['/clients', `/clients/${id}`, `/clients/${decided.client_id}/decide`, `/clients/${decided.client_id}/letter`];

async function meet(path, mode) {
    dashboard.relay.mode = mode;
    try {
        const answer = await page.request.get(path);
        return { status: answer.status(), headers: answer.headers(), text: await answer.text() };
    } finally {
        dashboard.relay.mode = 'pass';
    }
}

for (const path of pages) {
    test(`${path}: a backend that is away, slow or not ready`, async () => {
        for (const mode of ['refuse', 'hang', { status: 503, body: '{}' }]) {
            const { status, headers, text } = await meet(path, mode);
            assert.equal(status, 503);
            assert.equal(headers.refresh, '5');
            assert.equal(headers['retry-after'], '5');
            assert.match(text, /Le service de score ne répond pas/);
            assert.ok(text.includes(`href="${path}">Réessayer maintenant`));
        }
    });

    test(`${path}: a backend that answers nonsense or refuses the key`, async () => {
        const nonsense = [{ status: 500, body: '{}' }, { status: 200, body: '<html>' }, { status: 200, body: '{}' },
            { status: 200, body: '[]' }, { status: 200, body: '{"clients": 7, "scores": {"edges": [1, 2]}}' }, { status: 422, body: '{}' }];
        for (const mode of nonsense) {
            const { status, text } = await meet(path, mode);
            assert.equal(status, 502, JSON.stringify(mode));
            assert.match(text, /a répondu de travers/);
        }
        const { status, text } = await meet(path, { status: 401, body: '{}' });
        assert.equal(status, 502);
        assert.match(text, /clé d’accès/);
    });
}

test('the client\'s page does without the decisions recorded, and says so', async () => {
    dashboard.relay.broken = /^\/decisions/;
    await page.goto(`/clients/${id}`);
    assert.match(await page.textContent('.verdict-foot'), /ne peuvent pas être consultées/);
    dashboard.relay.broken = /\/comparison/; // without which there is no page
    assert.equal((await page.goto(`/clients/${id}`)).status(), 502);
    dashboard.relay.broken = undefined;
    await page.goto(`/clients/${id}`);
    assert.match(await page.textContent('.verdict-foot'), /Aucune décision/);
});

test('the page comes by itself when the backend is back', async () => {
    dashboard.relay.mode = 'refuse';
    await page.goto(`/clients/${id}`);
    assert.match(await page.textContent('h1'), /ne répond pas/);
    dashboard.relay.mode = 'pass';
    await page.waitForSelector('#verdict-title');
});

test('an unknown client: the nearest numbers, and those that begin alike', async () => {
    const { body: { clients } } = await dashboard.backend.get('/clients?limit=100');
    const ids = clients.map(({ client_id }) => client_id);
    const gap = ids.find((one) => !ids.includes(one + 1)) + 1;
    const linked = async (heading) => {
        const list = page.locator('h2', { hasText: heading }).locator('+ ul a');
        return (await list.allTextContents()).map(Number);
    };
    await page.goto(`/clients/${gap}`);
    assert.match(await page.textContent('h1'), /introuvable/);
    assert.ok((await page.textContent('main')).includes(String(gap)));
    const nearest = ids.toSorted((a, b) => Math.abs(a - gap) - Math.abs(b - gap) || a - b).slice(0, 8);
    assert.deepEqual(await linked('plus proches'), nearest);
    await page.goto(`/clients/${id}7`); // a digit too many
    assert.deepEqual(await linked('commencent de même'), [id]);
    await page.goto(`/clients/${String(id).slice(0, -1)}`); // and one too few
    assert.ok((await linked('commencent de même')).includes(id));
    await page.click('.near a');
    await page.waitForSelector('#verdict-title');
});

test('what is no number at all', async () => {
    for (const nonsense of ['abc', '12x', '9'.repeat(40), '%3Cb%3E', '-1', '1%2F2']) {
        const answer = await page.goto(`/clients/${nonsense}`);
        assert.equal(answer.status(), 404);
        assert.match(await page.textContent('h1'), /introuvable/);
    }
});

test('addresses and methods that do not exist', async () => {
    assert.equal((await page.request.get('/nothing')).status(), 404);
    assert.equal((await page.request.delete('/clients')).status(), 405);
    const answer = await page.request.get('/nothing?x=%22%3E%3Cscript%3Ealert(1)%3C/script%3E');
    assert.doesNotMatch(await answer.text(), /<script>alert/);
});

test('requests that are too large have their page, too', async () => {
    const port = new URL(dashboard.url).port;
    const send = async (path, lines = '') => (await raw(Number(port), [`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n`])).received;
    const long = await send(`/clients?query=${'1'.repeat(9000)}`);
    assert.match(long, /^HTTP\/1\.1 414 /);
    assert.match(long, /Adresse trop longue/);
    const head = await send('/clients', `X: ${'a'.repeat(20_000)}\r\n`);
    assert.match(head, /^HTTP\/1\.1 431 /);
    assert.match(head, /Effacez les témoins/);
    const token = /name="token" value="([^"]+)"/.exec(await (await page.request.get('/account')).text())[1];
    const body = await page.request.post(`/clients/${id}/decide`, { headers: { 'x-form-token': token }, form: { motive: 'x'.repeat(70_000) } });
    assert.equal(body.status(), 413);
    assert.match(await body.text(), /Envoi trop volumineux/);
});

test('a page that fails names a reference that the log knows', async () => {
    const { text } = await meet('/clients', 'refuse');
    const [, reference] = /<code>([^<]+)<\/code>/.exec(text);
    assert.ok(dashboard.frontend.log.includes(reference));
    assert.ok(!dashboard.frontend.log.includes('mot de passe'));
});
