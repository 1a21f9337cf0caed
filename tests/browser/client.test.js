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

const number = (text) => Number(text.replace('−', '-').replaceAll(',', ''));

test('the waterfall leads from the average client to this one, by the contributions of the API', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(`/clients/${refused.client_id}?top=5`);
    const explanation = await explain(refused, 'en', 5);
    const rows = await page.locator('#contributions tbody tr').all();
    assert.equal(rows.length, 8); // five, the others, and the two ends
    let total = number(await rows[0].locator('td').nth(1).textContent());
    for (const row of rows.slice(1, -1)) {
        const [points, reached] = (await row.locator('td').allTextContents()).map(number);
        total += points;
        assert.ok(Math.abs(total - reached) < 0.5, `${total} ${reached}`);
    }
    const end = number(await rows.at(-1).locator('td').nth(1).textContent());
    assert.ok(Math.abs(end - refused.score) < 0.06);
    for (const [i, contribution] of explanation.contributions.entries())
        assert.ok(Math.abs(number(await rows[i + 1].locator('td').first().textContent()) - contribution.points) <= 0.051);
    const text = await page.textContent('#contributions figcaption p');
    const [, from, to] = /starts at ([\d,]+) points.* lead to ([\d,]+) points/.exec(text);
    assert.equal(number(to), Math.round(refused.score));
    const data = JSON.parse(await page.getAttribute('#contributions canvas', 'data-chart'));
    assert.equal(Math.round(data.totals[0]), number(from));
    assert.ok(Math.abs(data.mark.at - 554) < 1);
});

test('slider and switch change the contributions in place', async () => {
    const page = await dashboard.enter();
    await page.goto(`/clients/${granted.client_id}`);
    await waitForCharts(page);
    const rows = page.locator('#contributions tbody tr');
    assert.equal(await rows.count(), 13);
    await page.focus('#top');
    await page.keyboard.press('End');
    await page.waitForFunction(() => document.querySelectorAll('#contributions tbody tr').length === 28);
    assert.match(page.url(), /top=25/);
    assert.equal(await page.textContent('.refine output'), '25');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'top');
    await page.check('input[name=view][value=bars]', { force: true });
    await page.waitForFunction(() => document.querySelectorAll('#contributions tbody tr').length === 26);
    assert.match(page.url(), /top=25.*view=bars|view=bars.*top=25/);
    assert.equal(await page.locator('#contributions .chart--diverging').count(), 1);
    await waitForCharts(page);
    await page.reload();
    assert.equal(await rows.count(), 26);
    await page.click('.bar-nav a[hreflang=en]'); // the other language knows what was chosen
    await page.waitForURL(/lang=en/);
    assert.equal(await rows.count(), 26);
    assert.deepEqual(page.faults, []);
});

test('the client is compared with similar ones without leaving the page', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(`/clients/${refused.client_id}?top=7`);
    await waitForCharts(page);
    const { body: all } = await dashboard.backend.get(`/clients/${refused.client_id}/comparison?features=AMT_CREDIT&lang=en`);
    assert.ok((await page.textContent('.comparison-about')).includes(`${all.group.label}: ${all.group.count}`));
    await page.check('[type=radio][value=similar]', { force: true });
    await page.waitForFunction(() => /Similar/.test(document.querySelector('.comparison-about').textContent));
    assert.match(page.url(), /group=similar/);
    assert.match(page.url(), /top=7/);
    assert.match(await page.textContent('form[data-replaces=comparison] [role=status]'), /Similar clients/);
    const ranks = await page.locator('.charts .rank').allTextContents();
    assert.ok(ranks.some((rank) => /(Higher|Lower) than \d+% of similar clients\.|The same as/.test(rank)), ranks.join());
    await waitForCharts(page);
    await page.reload();
    assert.ok(await page.isChecked('[type=radio][value=similar]'));
    assert.deepEqual(page.faults, []);
});

test('a number of contributions beyond the limits is brought within', async () => {
    const page = await dashboard.enter();
    for (const [top, rows] of [['1', 8], ['999', 28], ['x', 13], ['-4', 8], ['', 13]]) {
        await page.goto(`/clients/${granted.client_id}?top=${top}&view=nothing&group=nobody`);
        assert.equal(await page.locator('#contributions tbody tr').count(), rows, `top=${top}`);
    }
});

test('what is compared is what mattered, then income and credit', async () => {
    const page = await dashboard.enter({ language: 'en' });
    for (const client of [granted, refused]) {
        await page.goto(`/clients/${client.client_id}`);
        const { reasons } = await explain(client, 'en', 10);
        const strongest = reasons.toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points)).slice(0, 4).map(({ code }) => code);
        const names = [...new Set([...strongest, 'AMT_INCOME_TOTAL', 'AMT_CREDIT'])];
        const { body } = await dashboard.backend.get(`/clients/${client.client_id}/comparison?features=${names}&lang=en`);
        assert.deepEqual(await page.locator('.charts .chart h3').allTextContents(), body.features.map(({ label }) => label));
    }
});

test('how near the threshold the score is, and what somebody decided', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(`/clients/${refused.client_id}`);
    const { body: population } = await dashboard.backend.get('/population');
    const distance = Math.abs(refused.score - population.score_at_threshold);
    const margin = distance < 20 ? /close decision/ : distance < 60 ? /fairly clear/ : /A clear decision/;
    assert.match(await page.textContent('.figures'), margin);
    assert.match(await page.textContent('.verdict-sentence'), new RegExp(`about ${Math.round(100 * refused.probability)} do`));
    assert.match(await page.textContent('.verdict-foot'), /No decision about this client has been recorded yet/);
    const { status } = await dashboard.backend.post('/decisions',
        { client_id: refused.client_id, decision: 'granted', motive: 'A <guarantor> signs.', advisor: 'Noé' });
    assert.equal(status, 201);
    await page.reload();
    assert.match(plain(await page.textContent('.verdict-foot')),
        /Latest recorded decision: Granted by Noé, on \d+ \w+ \d{4}, \d+:\d\d\. Against the proposal\. Motive: “A <guarantor> signs\.”/);
    assert.deepEqual(page.faults, []);
});

test('what to check in the data is said', async () => {
    const page = await dashboard.enter({ language: 'en' });
    const { body: list } = await dashboard.backend.get('/clients?limit=40');
    let unusual = 0;
    let impossible = 0;
    for (const { client_id } of list.clients) {
        const { body } = await dashboard.backend.get(`/clients/${client_id}?lang=en`);
        const { quality } = body;
        if ((quality.unusual.length && !unusual) || (quality.impossible.length && !impossible)) {
            await page.goto(`/clients/${client_id}`);
            const said = plain(await page.textContent('.quality'));
            for (const { label, text, lowest, highest } of quality.unusual.slice(0, 5))
                assert.ok(said.includes(`${label}${text}`) && said.includes(lowest.text) && said.includes(highest.text), `${said} ${label}`);
            for (const { label, value } of quality.impossible)
                assert.ok(said.includes(`${label}: ${typeof value === 'number' ? value.toLocaleString('en') : value}`), `${said} ${label}`);
            const count = quality.unusual.length + quality.impossible.length;
            assert.match(await page.textContent('.verdict-foot a[href="#quality-title"]'), new RegExp(`^${count} value`));
        }
        unusual += quality.unusual.length;
        impossible += quality.impossible.length;
    }
    assert.ok(unusual > 0 && impossible > 0);
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

test('ranks agree with the API, also where the page turns the scale round', async () => {
    const page = await dashboard.enter({ language: 'en' });
    const { body: list } = await dashboard.backend.get('/clients?limit=12');
    let turned = 0;
    for (const { client_id } of list.clients) {
        await page.goto(`/clients/${client_id}`);
        const labels = await page.locator('.charts .chart h3').allTextContents();
        const { reasons } = await explain({ client_id }, 'en', 10);
        const names = new Set([...reasons.map(({ code }) => code), 'AMT_INCOME_TOTAL', 'AMT_CREDIT']);
        const { body } = await dashboard.backend.get(`/clients/${client_id}/comparison?features=${[...names]}&lang=en`);
        for (const [i, label] of labels.entries()) {
            const { rank_percent: rank, equal_percent: equal, unit, histogram } = body.features.find((one) => one.label === label);
            if (rank === null) continue;
            const backwards = unit === 'days' && histogram.edges.at(-1) <= 0; // days count backwards
            const [lower, higher] = backwards ? [100 - rank - equal / 2, rank - equal / 2] : [rank - equal / 2, 100 - rank - equal / 2];
            const largest = Math.round(Math.min(99, Math.max(lower, higher, equal)));
            const expected = equal >= lower && equal >= higher ? `The same as ${largest}%` : `${lower >= higher ? 'Higher' : 'Lower'} than ${largest}%`;
            assert.equal(await page.locator('.charts .chart').nth(i).locator('.rank').textContent(), `${expected} of clients.`, `${client_id} ${label}`);
            turned += backwards;
        }
    }
    assert.ok(turned > 0);
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
    await page.click('form[data-replaces=contributions] button');
    await page.waitForURL(/top=25/);
    assert.equal(await page.locator('#contributions tbody tr').count(), 28);
    await page.check('[type=radio][value=similar]', { force: true });
    await page.click('form[data-replaces=comparison] button');
    await page.waitForURL(/group=similar/);
    assert.match(page.url(), /top=25/);
    assert.match(await page.textContent('.comparison-about'), /semblables/i);
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
    assert.ok(await page.locator('main > .print-only').isVisible());
    for (const control of ['.bar', '.refine', '.crumbs']) assert.equal(await page.locator(control).first().isVisible(), false);
});

test('the sheet for paper has two pages at most', async () => {
    const page = await dashboard.enter({ scheme: 'dark' });
    for (const [client, query] of [[granted, '?top=25'], [refused, '?view=bars&group=similar']]) {
        await page.goto(`/clients/${client.client_id}${query}`);
        await waitForCharts(page);
        const sheet = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
        assert.ok(sheet.match(/\/Type\s*\/Page\b/g).length <= 2);
    }
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
