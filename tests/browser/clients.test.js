// Finding a client, and the portfolio's figures.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDashboard, waitForCharts } from './support/dashboard.js';

const dashboard = await openDashboard();
const { body: population } = await dashboard.backend.get('/population');
const { body: first } = await dashboard.backend.get('/clients?limit=100');
const digits = (text) => text.replaceAll(/\D/g, '');

test('a search finds clients by the first digits of their number', async () => {
    const page = await dashboard.enter();
    const prefix = String(first.clients[20].client_id).slice(0, 5);
    await page.fill('#query', ` ${prefix.slice(0, 3)} ${prefix.slice(3)} `);
    await page.click('.search button');
    await page.waitForURL(/query=/);
    const ids = await page.locator('.hits tbody th').allTextContents();
    assert.ok(ids.length > 0);
    for (const id of ids) assert.ok(id.trim().startsWith(prefix), id);
    assert.deepEqual(page.faults, []);
});

test('a whole number leads straight to the client', async () => {
    const page = await dashboard.enter();
    const id = first.clients[3].client_id;
    await page.fill('#query', String(id));
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/clients/${id}`);
    assert.match(await page.textContent('h1'), new RegExp(id));
    const next = first.clients[4].client_id;
    await page.fill('#bar-query', String(next)); // from the client's page too
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/clients/${next}`);
});

test('pages follow each other, and the browser goes back', async () => {
    const page = await dashboard.enter();
    const shown = () => page.locator('.hits tbody th').allTextContents();
    const one = await shown();
    await page.click('a[rel=next]');
    await page.waitForURL(/cursor=/);
    const two = await shown();
    assert.ok(Number(two[0]) > Number(one.at(-1)));
    await page.goBack();
    assert.deepEqual(await shown(), one);
});

test('each hit has decision, score and risk as the API gives them', async () => {
    const page = await dashboard.enter();
    const rows = await page.locator('.hits tbody tr').all();
    for (const [i, row] of rows.entries()) {
        const { score, decision } = first.clients[i];
        const cells = await row.locator('td').allTextContents();
        assert.equal(cells[0].trim(), decision === 'granted' ? 'Accordé' : 'Refusé');
        assert.equal(Number(digits(cells[1])), Math.round(score));
    }
});

test('what cannot be a number is explained, what does not exist too', async () => {
    const page = await dashboard.enter();
    await page.goto('/clients?query=12a');
    assert.match(await page.textContent('[role=alert]'), /que des chiffres/);
    await page.goto('/clients?query=999999999');
    assert.match(await page.textContent('.empty'), /Aucun client/);
    await page.goto('/clients?query=%3Cscript%3Ealert(1)%3C%2Fscript%3E');
    assert.match(await page.textContent('[role=alert]'), /que des chiffres/);
    assert.deepEqual(page.faults, []);
});

test('the portfolio shows the figures of the API, drawn and in tables', async () => {
    const page = await dashboard.enter({ language: 'en' });
    assert.equal(await waitForCharts(page), 2);
    const tiles = await page.locator('.tiles dd').allTextContents();
    assert.equal(Number(digits(tiles[0])), population.size);
    assert.equal(Number(digits(tiles[1])), Math.round(population.mean_income));
    assert.equal(Number(digits(tiles[2])), Math.round(population.mean_credit));
    assert.equal(tiles[3], `${(100 * population.default_rate).toFixed(1)}%`);
    const table = await page.locator('.chart--doughnut table td').allTextContents();
    assert.deepEqual(table.map(digits).map(Number).slice(0, 2), [population.outcomes.repaid, population.outcomes.defaulted]);
    const bins = await page.locator('.chart--histogram tbody tr').count();
    assert.equal(bins, population.scores.repaid.length);
    assert.deepEqual(page.faults, []);
});

test('the clients looked at last are one click away, for who looked', async () => {
    const page = await dashboard.enter({ language: 'en' });
    assert.equal(await page.locator('.recent').count(), 0);
    const ids = first.clients.slice(0, 10).map(({ client_id }) => client_id);
    for (const id of [...ids, ids[4], ids[4]]) await page.goto(`/clients/${id}`);
    await page.goto('/clients/1'); // does not exist
    await page.goto('/clients');
    const shown = async () => (await page.locator('.recent a').allTextContents()).map(Number);
    assert.deepEqual(await shown(), [4, 9, 8, 7, 6, 5, 3, 2].map((i) => ids[i]));
    await page.click('.recent a');
    await page.waitForURL(`**/clients/${ids[4]}`);
    const cookie = (await page.context().cookies()).find(({ name }) => name === 'recent');
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.value.includes(String(ids[4])), false);
    await page.context().addCookies([{ ...cookie, value: `x${cookie.value.slice(1)}` }]);
    await page.goto('/clients');
    assert.equal(await page.locator('.recent').count(), 0);
});
