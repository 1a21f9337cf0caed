// While a page loads nothing jumps, the console stays silent and no rule of the content policy is broken; without
// scripts each page still says what it has to say.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDashboard, waitForCharts } from './support/dashboard.js';
import { pagesOf, settle } from './support/pages.js';

const dashboard = await openDashboard();
const granted = await dashboard.clientThatIs('granted');
const refused = await dashboard.clientThatIs('refused');
const MOST = 0.05; // of cumulative layout shift

/** Sums up the layout shifts that no input explains, and keeps what the content policy refuses. */
function watch() {
    window.shifts = [];
    window.refusals = [];
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
            if (!entry.hadRecentInput)
                window.shifts.push({ value: entry.value, at: entry.sources.map(({ node }) => node?.nodeType === 1 ? `${node.tagName}.${node.className}` : node?.nodeName) });
        }
    }).observe({ type: 'layout-shift', buffered: true });
    document.addEventListener('securitypolicyviolation', (event) => window.refusals.push(`${event.violatedDirective} ${event.blockedURI}`));
}

for (const width of [1280, 360]) {
    test(`${width} pixels: nothing jumps, nothing complains`, async () => {
        const page = await dashboard.enter({ width });
        await page.addInitScript(watch);
        for (const path of pagesOf(granted, refused)) {
            page.faults.length = 0;
            const answer = await page.goto(path);
            await settle(page);
            await waitForCharts(page);
            const { shifts, refusals } = await page.evaluate(() => ({ shifts: window.shifts, refusals: window.refusals }));
            const total = shifts.reduce((sum, { value }) => sum + value, 0);
            assert.ok(total <= MOST, `${path}: ${total.toFixed(3)} ${JSON.stringify(shifts)}`);
            assert.deepEqual(refusals, [], path);
            // Chromium itself reports an answer of 404 in the console.
            if (answer.ok()) assert.deepEqual(page.faults, [], path);
        }
    });
}

for (const language of ['fr', 'en']) {
    test(`${language}: each page has its words without scripts`, async () => {
        const page = await dashboard.enter({ language, scripts: false });
        for (const path of pagesOf(granted, refused)) {
            await page.goto(path);
            assert.equal(await page.locator('h1').count(), 1, path);
            assert.ok((await page.innerText('main')).length > 60, path);
            // A chart that no script draws stands as a table, open or one click away.
            const charts = await page.locator('figure canvas').count();
            const tables = await page.locator('figure table').count();
            assert.ok(tables >= charts, `${path}: ${tables} tables for ${charts} charts`);
        }
    });
}
