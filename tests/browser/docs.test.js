// The contract as its readers meet it: every call is there, tried with a key, on a desktop and a phone, light and dark.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEY } from '../api/support/backend.js';
import { openapi } from '../api/support/contract.js';
import { openDashboard } from './support/dashboard.js';

const dashboard = await openDashboard({ clients: 30 });
const operations = Object.values(openapi.paths).flatMap((item) => Object.values(item));

async function open(options) {
    const page = await dashboard.newPage(options);
    page.strangers = [];
    page.on('request', (request) => {
        if (!request.url().startsWith(dashboard.backend.url) && !request.url().startsWith('data:')) page.strangers.push(request.url());
    });
    await page.goto(`${dashboard.backend.url}/docs`);
    await page.waitForSelector('.opblock');
    return page;
}

for (const [width, scheme] of [[1280, 'light'], [1280, 'dark'], [390, 'light'], [390, 'dark']])
    test(`every call is on the page: ${width} pixels wide, ${scheme}`, async () => {
        const page = await open({ width, scheme });
        assert.equal(await page.locator('.opblock').count(), operations.length);
        await page.click('#operations-scoring-predict .opblock-summary-control');
        await page.waitForSelector('#operations-scoring-predict .responses-table');
        await page.evaluate(() => window.scrollTo(1000, 0));
        assert.equal(await page.evaluate(() => window.scrollX), 0, 'the page is wider than the window');
        const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        assert.equal(ground === 'rgb(255, 255, 255)', scheme === 'light', ground);
        assert.deepEqual(page.faults, []);
        assert.deepEqual(page.strangers, []);
    });

test('a call can be tried with a key', async () => {
    const page = await open();
    await page.click('.btn.authorize');
    await page.fill('.auth-container input[type=text], .auth-container input[type=password]', KEY);
    await page.click('.auth-btn-wrapper .authorize');
    await page.click('.auth-btn-wrapper .btn-done');
    await page.click('#operations-clients-listClients .opblock-summary-control');
    await page.click('#operations-clients-listClients .try-out__btn');
    await page.click('#operations-clients-listClients .execute');
    await page.waitForSelector('#operations-clients-listClients .live-responses-table .response-col_status');
    assert.match(await page.textContent('#operations-clients-listClients .live-responses-table .response .response-col_status'), /200/);
    assert.deepEqual(page.faults, []);
});
