// The client's page: decision, reasons, contributions, comparison, file.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDashboard, waitForCharts } from './support/dashboard.js';

const dashboard = await openDashboard();
const granted = await dashboard.clientThatIs('granted');
const refused = await dashboard.clientThatIs('refused');
const explain = async (client, language, top) => (await dashboard.backend.post(
    `/explain?top=${top}`, { client_id: client.client_id }, { headers: { 'accept-language': language } })).body;
const plain = (text) => text.replaceAll(/\s+/g, ' ').trim();

const words = {
    fr: { granted: 'Crédit accordé', refused: 'Crédit refusé', below: 'au-dessous du seuil', above: 'au-dessus du seuil' },
    en: { granted: 'Credit granted', refused: 'Credit refused', below: 'below the threshold', above: 'above the threshold' },
};

for (const language of ['fr', 'en']) {
    for (const client of [granted, refused]) {
        test(`${language}: a client whose credit is ${client.decision}`, async () => {
            const page = await dashboard.enter({ language });
            await page.goto(`/clients/${client.client_id}`);
            const explanation = await explain(client, language, 10);
            assert.equal(await page.getAttribute('html', 'lang'), language);
            assert.equal(plain(await page.textContent('#verdict-title')), words[language][client.decision]);
            const side = client.decision === 'granted' ? 'below' : 'above';
            const sentence = await page.textContent('.verdict-sentence');
            assert.ok(sentence.includes(words[language][side]), sentence);
            const risk = (100 * client.probability).toFixed(1).replace('.', language === 'fr' ? ',' : '.');
            assert.ok(sentence.includes(risk), sentence);
            assert.ok((await page.textContent('.gauge-value')).includes(risk));
            assert.ok((await page.textContent('.figures dd')).includes(String(Math.round(client.score))));

            for (const direction of ['against', 'for']) {
                const expected = explanation.reasons.filter((reason) => reason.direction === direction);
                const shown = await page.locator(`.reason-list--${direction} li`).allTextContents();
                assert.ok(expected.length > 0);
                for (const [i, reason] of expected.slice(0, 4).entries())
                    assert.ok(plain(shown[i]).endsWith(plain(reason.fact)), shown[i]); // the heading says the rest
            }
            assert.equal(await waitForCharts(page), 7);
            assert.deepEqual(page.faults, []);
        });
    }
}

test('contributions are those of the API and add up to the score', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(`/clients/${refused.client_id}?top=5`);
    const explanation = await explain(refused, 'en', 5);
    const number = (text) => Number(text.replace('−', '-').replaceAll(',', ''));
    const points = (await page.locator('#contributions td').allTextContents()).map(number);
    assert.equal(points.length, 6); // five and the others
    for (const [i, contribution] of explanation.contributions.entries())
        assert.ok(Math.abs(points[i] - contribution.points) <= 0.051);
    const text = await page.textContent('#contributions figcaption p');
    const [, start, end] = /starts at ([\d,]+) points.* lead to ([\d,]+) points/.exec(text);
    const sum = points.reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(number(start) + sum - number(end)) < 1.5);
});

test('the slider changes the number of contributions in place', async () => {
    const page = await dashboard.enter();
    await page.goto(`/clients/${granted.client_id}`);
    await waitForCharts(page);
    assert.equal(await page.locator('#contributions tbody tr').count(), 11);
    await page.focus('#top');
    await page.keyboard.press('End');
    await page.waitForFunction(() => document.querySelectorAll('#contributions tbody tr').length === 26);
    assert.match(page.url(), /top=25/);
    assert.equal(await page.textContent('.top output'), '25');
    await waitForCharts(page);
    await page.reload();
    assert.equal(await page.locator('#contributions tbody tr').count(), 26);
    assert.deepEqual(page.faults, []);
});

test('a number of contributions beyond the limits is brought within', async () => {
    const page = await dashboard.enter();
    for (const [top, rows] of [['1', 6], ['999', 26], ['x', 11], ['-4', 6], ['', 11]]) {
        await page.goto(`/clients/${granted.client_id}?top=${top}`);
        assert.equal(await page.locator('#contributions tbody tr').count(), rows, `top=${top}`);
    }
});

test('at least four comparisons, each with the client marked and ranked in words', async () => {
    const page = await dashboard.enter();
    await page.goto(`/clients/${granted.client_id}`);
    const charts = await page.locator('.charts .chart').all();
    assert.ok(charts.length >= 4);
    let ranked = 0;
    for (const chart of charts) {
        ranked += await chart.locator('.rank', { hasText: /(Valeur plus (élevée|faible)|Même valeur) que chez \d+\s% des clients/ }).count();
        const data = JSON.parse(await chart.locator('canvas').getAttribute('data-chart'));
        const marked = await chart.locator('tr.marked').count();
        const missing = await chart.locator('.rank', { hasText: 'manque' }).count();
        assert.equal(marked + missing, 1);
        assert.deepEqual(data.series.slice(0, 2).map(({ paint }) => paint), ['bad', 'good']);
        if (marked && data.kind === 'histogram') assert.ok(data.mark.at >= 0 && data.mark.at <= data.labels.length);
    }
    assert.ok(ranked >= 3);
});

test('a rank agrees with the API, also where the page turns the scale round', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(`/clients/${granted.client_id}`);
    const { body } = await dashboard.backend.get(`/clients/${granted.client_id}/comparison?features=DAYS_BIRTH&lang=en`);
    const [{ label, rank_percent: rank, equal_percent: equal }] = body.features;
    const younger = 100 - rank - equal / 2; // days count backwards
    const older = rank - equal / 2;
    const chart = page.locator('.chart', { has: page.getByRole('heading', { name: label, exact: true }) });
    const expected = younger >= older ? `Higher than ${Math.round(younger)}% of clients` : `Lower than ${Math.round(older)}% of clients`;
    assert.ok((await chart.locator('.rank').textContent()).startsWith(expected));
});

test('the file is readable, and says what is missing', async () => {
    const page = await dashboard.enter({ language: 'en' });
    const { body } = await dashboard.backend.get(`/clients/${refused.client_id}?lang=en`);
    await page.goto(`/clients/${refused.client_id}`);
    const income = body.fields.find(({ name }) => name === 'AMT_INCOME_TOTAL');
    const cards = plain(await page.textContent('.cards'));
    assert.ok(cards.includes(income.label) && cards.includes(income.text));
    const missing = body.fields.filter((field) => field.missing).length;
    assert.ok((await page.textContent('section[aria-labelledby=quality-title]')).includes(`${missing} piece`));
    assert.equal(await page.locator('.all-fields dt').count(), body.fields.length + body.features.length);
});

test('without scripts everything but the drawings is there', async () => {
    const page = await dashboard.enter({ scripts: false });
    await page.goto(`/clients/${refused.client_id}`);
    assert.equal(plain(await page.textContent('#verdict-title')), words.fr.refused);
    assert.ok(await page.locator('.gauge').isVisible());
    assert.equal(await page.locator('canvas:visible').count(), 0);
    await page.click('#contributions summary');
    assert.ok(await page.locator('#contributions table').isVisible());
    await page.locator('#top').fill('25');
    await page.click('.top button');
    await page.waitForURL(/top=25/);
    assert.equal(await page.locator('#contributions tbody tr').count(), 26);
});

test('the language changes where one is, and stays', async () => {
    const page = await dashboard.enter({ language: 'fr' });
    await page.goto(`/clients/${granted.client_id}?top=12`);
    await page.click('.bar-nav a[hreflang=en]');
    await page.waitForURL(/lang=en/);
    assert.match(page.url(), new RegExp(`/clients/${granted.client_id}\\?top=12&lang=en`));
    assert.equal(plain(await page.textContent('#verdict-title')), words.en.granted);
    await page.goto('/clients');
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
});

test('on paper: the decision and its reasons, without the controls', async () => {
    const page = await dashboard.enter();
    await page.goto(`/clients/${granted.client_id}`);
    await page.emulateMedia({ media: 'print' });
    assert.ok(await page.locator('#verdict-title').isVisible());
    assert.ok(await page.locator('.foot .print-only').isVisible());
    for (const control of ['.bar', '.top', '.crumbs']) assert.equal(await page.locator(control).isVisible(), false);
});

test('nothing moves while the page loads', async () => {
    const page = await dashboard.enter();
    await page.addInitScript(() => {
        globalThis.shifted = 0;
        new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) globalThis.shifted += entry.value;
        }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(`/clients/${granted.client_id}`);
    await waitForCharts(page);
    assert.ok(await page.evaluate(() => globalThis.shifted) < 0.02);
});
