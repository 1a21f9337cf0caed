// What every variable means: all of them, some of them, and the way there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDashboard } from './support/dashboard.js';

const dashboard = await openDashboard({ clients: 60, relayed: true, env: { BACKEND_TIMEOUT_MS: '2000' } });
const catalogue = async (language) => (await dashboard.backend.get('/features', { headers: { 'accept-language': language } })).body.features;

for (const language of ['fr', 'en'])
    test(`${language}: every variable is there, explained, under its theme`, async () => {
        const features = await catalogue(language);
        const page = await dashboard.enter({ language });
        await page.click('a[href="/glossary"]');
        await page.waitForURL('**/glossary');
        const shown = await page.$$eval('.entry', (entries) => Object.fromEntries(entries.map((entry) => [entry.id, {
            theme: entry.closest('section').querySelector('h2').textContent, text: entry.textContent,
        }])));
        assert.equal(Object.keys(shown).length, features.length);
        for (const { name, label, description, theme_label: theme, categories } of features) {
            assert.equal(shown[name].theme, theme);
            for (const part of [name, label, description, ...(categories ?? []).map((one) => one.label)]) assert.ok(shown[name].text.includes(part), `${name}: ${part}`);
        }
        const themes = await page.$$eval('.themes a', (links) => links.map((link) => link.getAttribute('href')));
        assert.deepEqual(new Set(themes), new Set(features.map(({ theme }) => `#theme-${theme}`)));
        assert.match(await page.textContent('[role=status]'), new RegExp(`^${features.length} `));
        assert.deepEqual(page.faults, []);
    });

test('searching works without scripts, whatever the accents and capitals', async () => {
    const page = await dashboard.enter({ scripts: false });
    await page.goto('/glossary');
    await page.fill('#q', 'ECHEANCE');
    await page.click('main button[type=submit]');
    assert.equal(await page.inputValue('#q'), 'ECHEANCE');
    const found = await page.$$eval('.entry', (entries) => entries.map((entry) => entry.id));
    const meant = (await catalogue('fr')).filter(({ name, label, description, theme_label: theme }) =>
        [name, label, description, theme].join(' ').normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().includes('echeance'));
    assert.deepEqual(new Set(found), new Set(meant.map(({ name }) => name)));
    assert.ok(found.length > 3 && found.length < 100);
    assert.match(await page.textContent('[role=status]'), new RegExp(`^${found.length} données trouvées`));
    await page.click('[role=status] a');
    assert.ok((await page.$$('.entry')).length > found.length);
});

test('a search that finds nothing says so', async () => {
    const page = await dashboard.enter();
    await page.goto('/glossary?q=%22%3E%3Cscript%3Ezzz');
    assert.match(await page.textContent('[role=status]'), /^0 donnée trouvée/);
    assert.equal((await page.$$('.entry, .themes')).length, 0);
    assert.equal(await page.inputValue('#q'), '"><script>zzz');
    await page.goto(`/glossary?q=${'x'.repeat(500)}`); // too long to mean anything
    assert.equal((await page.$$('.entry')).length, (await catalogue('fr')).length);
});

test('a word of the client’s file leads to what it means', async () => {
    const page = await dashboard.enter();
    const { client_id: id } = await dashboard.clientThatIs('granted');
    await page.goto(`/clients/${id}`);
    const link = page.locator('.card .term').first();
    const label = await link.textContent();
    await link.click();
    await page.waitForURL('**/glossary#*');
    assert.equal(await page.textContent('.entry:target .entry-label'), label);
    assert.ok(await page.evaluate(() => {
        const { top, bottom } = document.querySelector(':target').getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
    }));
});

test('a backend that is away or out of its mind has its page', async () => {
    const page = await dashboard.enter();
    for (const [mode, status] of [['refuse', 503], [{ status: 500, body: '{}' }, 502], [{ status: 200, body: '{}' }, 502]]) {
        dashboard.relay.mode = mode;
        const answer = await page.request.get('/glossary');
        dashboard.relay.mode = 'pass';
        assert.equal(answer.status(), status);
        assert.match(await answer.text(), /service de score/);
    }
});
