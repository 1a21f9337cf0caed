// Every page in every dress: axe-core finds nothing, nothing scrolls sideways, the keyboard reaches all.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { openDashboard, waitForCharts } from './support/dashboard.js';
import { pagesOf, unfold } from './support/pages.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const dashboard = await openDashboard();
const granted = await dashboard.clientThatIs('granted');
const refused = await dashboard.clientThatIs('refused');
const pages = pagesOf(granted, refused);

async function check(page, said) {
    const { violations } = await page.evaluate(`${axe}; axe.run({ resultTypes: ['violations'] })`);
    const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).slice(0, 3).join(' ')}`);
    assert.deepEqual(found, [], said);
}

for (const language of ['fr', 'en']) {
    for (const scheme of ['light', 'dark']) {
        test(`${language}, ${scheme}: no violation of the rules of axe-core`, async () => {
            const page = await dashboard.newPage({ language, scheme });
            await page.goto('/sign-in');
            await check(page, '/sign-in');
            const entered = await dashboard.enter({ language, scheme });
            for (const path of pages) {
                await entered.goto(path);
                await waitForCharts(entered);
                await unfold(entered);
                await check(entered, path);
            }
        });
    }

    test(`${language}: at 360 pixels nothing scrolls sideways`, async () => {
        const page = await dashboard.enter({ language, width: 360 });
        for (const path of pages) {
            await page.goto(path);
            await waitForCharts(page);
            await unfold(page);
            assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, path);
        }
    });
}

test('the keyboard reaches the content, the search and every control', async () => {
    const page = await dashboard.enter();
    await page.goto(`/clients/${granted.client_id}`);
    await waitForCharts(page);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    const reached = new Set();
    for (let i = 0; i < 40; i++) {
        await page.keyboard.press('Tab');
        reached.add(await page.evaluate(() => document.activeElement.id || document.activeElement.tagName));
        const outlined = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== 'none'
            || document.activeElement === document.body);
        assert.ok(outlined, 'what has the focus shows it');
    }
    for (const control of ['top', 'SUMMARY', 'A']) assert.ok(reached.has(control), control);
});
