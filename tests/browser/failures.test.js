// When something fails there is a page that says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDashboard } from './support/dashboard.js';

const dashboard = await openDashboard({ clients: 60, relayed: true, env: { BACKEND_TIMEOUT_MS: '400' } });
const { client_id: id } = await dashboard.clientThatIs('granted');
const page = await dashboard.enter();
const pages = ['/clients', `/clients/${id}`];

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

test('an unknown client: numbers that begin alike', async () => {
    await page.goto(`/clients/${id}7`);
    assert.match(await page.textContent('h1'), /introuvable/);
    assert.ok((await page.textContent('main')).includes(`${id}7`));
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

test('a page that fails names a reference that the log knows', async () => {
    const { text } = await meet('/clients', 'refuse');
    const [, reference] = /<code>([^<]+)<\/code>/.exec(text);
    assert.ok(dashboard.frontend.log.includes(reference));
    assert.ok(!dashboard.frontend.log.includes('mot de passe'));
});
