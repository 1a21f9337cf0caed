// Comparing a client: groups, features, two at once, similar clients; in place and by address.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDashboard, waitForCharts } from './support/dashboard.js';

const dashboard = await openDashboard({ relayed: true });
const client = await dashboard.clientThatIs('refused');
const path = `/clients/${client.client_id}/compare`;
const plain = (text) => text.replaceAll(/\s+/g, ' ').trim();
const api = async (address, language = 'en') => (await dashboard.backend.get(address, { headers: { 'accept-language': language } })).body;
const compare = (group, features = 'AMT_CREDIT') => api(`/clients/${client.client_id}/comparison?features=${features}&group=${encodeURIComponent(group)}`);
const percent = (share) => `${(100 * share).toFixed(1)}%`;

/** What the page says of the group: its name, how many, the default rate. */
async function groupOf(page) {
    const [label, count, rate] = (await page.locator('.compare-group dd').allTextContents()).map(plain);
    return { label, count: Number(count.split(' ')[0].replaceAll(',', '')), rate: rate.split(' ')[0] };
}

const titles = (page) => page.locator('#compare-charts h3').allTextContents();
const selected = (page, id) => page.$eval(id, (select) => select.value);
const idle = (page) => page.waitForFunction(() => !document.querySelector('[aria-busy]'));

for (const [group, choice] of [['all'], ['similar'], ['NAME_EDUCATION_TYPE'], ['AMT_INCOME_TOTAL'],
    ['NAME_INCOME_TYPE:Pensioner'], ['DAYS_BIRTH:30y..40y'], ['AMT_CREDIT:100000..500000'], ['CODE_GENDER']]) {
    test(`the group ${group}: as many, as often defaulted as the API says, beside all`, async () => {
        const page = await dashboard.enter({ language: 'en' });
        await page.goto(`${path}?group=${encodeURIComponent(choice ?? group)}`);
        const { group: expected } = await compare(group);
        const all = await api('/population');
        const { label, count, rate } = await groupOf(page);
        assert.ok(label.startsWith(plain(expected.label)), label);
        assert.equal(count, expected.count);
        assert.equal(rate, expected.default_rate === null ? '–' : percent(expected.default_rate));
        assert.equal(await selected(page, '#group'), group);
        const text = plain(await page.textContent('.compare-group'));
        if (group !== 'all') assert.ok(text.includes(`all clients: ${percent(all.default_rate)}`), text);
        assert.equal(await waitForCharts(page), 6);
        assert.deepEqual(page.faults, []);
    });
}

test('each feature: histogram by outcome, client marked, rank in words', async () => {
    const page = await dashboard.enter({ language: 'en' });
    const features = ['AMT_INCOME_TOTAL', 'EXT_SOURCE_2', 'NAME_HOUSING_TYPE'];
    await page.goto(`${path}?group=NAME_EDUCATION_TYPE&features=${features}`);
    const { features: expected } = await compare('NAME_EDUCATION_TYPE', features);
    assert.deepEqual(await titles(page), expected.map(({ label }) => label));
    for (const [i, chart] of (await page.locator('#compare-charts .chart').all()).entries()) {
        const data = JSON.parse(await chart.locator('canvas').getAttribute('data-chart'));
        const sum = (list) => list.reduce((total, value) => total + value, 0);
        const drawn = data.series.map(({ values }) => sum(values)).sort((a, b) => a - b);
        const { repaid, defaulted, unknown } = expected[i].histogram;
        const counted = [repaid, defaulted, unknown].map(sum);
        assert.deepEqual(drawn, (counted[2] ? counted : counted.slice(0, 2)).sort((a, b) => a - b));
        assert.equal(await chart.locator('tr.marked').count(), expected[i].value === null ? 0 : 1);
        if (expected[i].rank_percent !== null) assert.match(await chart.locator('.rank').textContent(), /\d+% of/);
    }
});

test('a group is chosen in place, is in the address, and back undoes it', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(path);
    await waitForCharts(page);
    await page.evaluate(() => { window.stayed = true; });
    const everybody = await groupOf(page);
    await page.selectOption('#group', 'NAME_EDUCATION_TYPE');
    await page.waitForURL('**group=NAME_EDUCATION_TYPE**');
    const first = await groupOf(page);
    assert.ok(first.label.startsWith('Education'));
    await page.selectOption('#group', 'similar');
    await page.waitForURL('**group=similar**');
    assert.equal((await groupOf(page)).label, 'Similar clients');
    await waitForCharts(page);
    const address = page.url();

    await page.goBack();
    await page.waitForFunction(() => document.querySelector('.compare-group dd').textContent.startsWith('Education'));
    assert.deepEqual([await groupOf(page), await selected(page, '#group')], [first, 'NAME_EDUCATION_TYPE']);
    await page.goBack();
    await page.waitForFunction(() => document.querySelector('.compare-group dd').textContent.startsWith('All clients'));
    assert.deepEqual([await groupOf(page), await selected(page, '#group')], [everybody, 'all']);
    await page.goForward();
    await page.waitForURL('**group=NAME_EDUCATION_TYPE**');
    assert.ok(await page.evaluate(() => window.stayed), 'the page was never left');

    const other = await page.context().newPage(); // a bookmark, another tab
    await other.goto(address);
    assert.equal((await groupOf(other)).label, 'Similar clients');
    const language = await other.getAttribute('a[hreflang=fr]', 'href');
    await other.goto(language);
    assert.equal(plain(await other.textContent('.compare-group dd')), 'Clients semblables');
    assert.deepEqual(page.faults, []);
});

test('features: by preset, one by one, found by a word, eight at most', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(path);
    await page.click('.presets a:has-text("Credit asked for")');
    await page.waitForURL('**CREDIT_TO_GOODS**');
    assert.equal((await titles(page)).length, 6);
    assert.equal(await page.getAttribute('.presets a:has-text("Credit asked for")', 'aria-current'), 'true');
    await page.click('.chosen a[title="Remove Price of the goods"]');
    await page.waitForFunction(() => document.querySelectorAll('#compare-charts .chart').length === 5);
    assert.ok(!(await titles(page)).includes('Price of the goods'));
    assert.equal(await page.evaluate(() => document.activeElement.id), 'compare-chosen', 'the focus stays where it was');

    await page.click('.picker summary');
    await page.fill('#picker-filter', 'external bureau');
    const found = page.locator('.picker label:visible:has(input)');
    assert.deepEqual((await found.allTextContents()).map(plain), [1, 2, 3].map((i) => `External bureau score ${i}`));
    await page.fill('#picker-filter', 'zzz');
    assert.equal(await found.count(), 0);
    assert.ok(await page.locator('[data-none]').isVisible());
    await page.fill('#picker-filter', 'EXT_SOURCE');
    for (const name of ['EXT_SOURCE_1', 'EXT_SOURCE_2', 'EXT_SOURCE_3']) await page.check(`input[value=${name}]`);
    await page.waitForFunction(() => document.querySelectorAll('#compare-charts .chart').length === 8);
    await idle(page);
    assert.ok(await page.isDisabled('input[value=AMT_INCOME_TOTAL]'), 'no ninth');
    assert.equal(await page.locator('.picker').getAttribute('open'), '', 'the list stays open');
    await page.reload();
    assert.equal((await titles(page)).length, 8);
    assert.deepEqual(page.faults, []);
});

test('a band of one’s own, in the unit a person thinks in; what is wrong in it is said and kept', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(path);
    await page.click('.band summary');
    await page.selectOption('#by', 'DAYS_BIRTH:y');
    await page.fill('#from', '25');
    await page.fill('#to', '35');
    await page.click('.band button');
    await page.waitForURL('**group=DAYS_BIRTH%3A25y..35y**');
    const { group } = await compare('DAYS_BIRTH:25y..35y');
    assert.equal((await groupOf(page)).count, group.count);
    assert.ok(!page.url().includes('band='), 'the address is the state');

    await page.fill('#to', '20');
    await page.click('.band button');
    await page.waitForSelector('.notes');
    assert.match(await page.textContent('.notes'), /lower limit/);
    assert.deepEqual([await page.inputValue('#from'), await page.inputValue('#to')], ['25', '20']);
    assert.equal((await groupOf(page)).count, group.count, 'the group stays');
    await page.goto(`${path}?band=1&by=CREDIT_TO_GOODS:%25&from=100&to=&group=all`);
    assert.equal((await groupOf(page)).count, (await compare('CREDIT_TO_GOODS:1..')).group.count);
    await page.goto(`${path}?band=1&group=all`);
    assert.match(await page.textContent('.notes'), /Choose the data/);
    assert.deepEqual(page.faults, []);
});

test('what is unknown is named, and the rest is shown', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(`${path}?group=PROFESSION&features=AMT_CREDIT,NOTHING,%3Cb%3E&x=NO_AXIS&y=AMT_CREDIT`);
    const notes = await page.locator('.notes li').allTextContents();
    for (const name of ['“PROFESSION”', '“NOTHING”', '“<b>”', '“NO_AXIS”'])
        assert.ok(notes.some((note) => note.includes(name)), `${name}: ${notes}`);
    assert.equal((await groupOf(page)).label, 'All clients');
    assert.deepEqual(await titles(page), ['Credit amount']);
    assert.equal(await page.locator('.density').count(), 1);
    assert.equal(await page.locator('.similar tbody tr').count(), 11);

    await page.goto(`${path}?x=AMT_CREDIT&y=AMT_CREDIT&similar=99&features=${'AMT_CREDIT,AMT_ANNUITY,AMT_GOODS_PRICE,EXT_SOURCE_1,EXT_SOURCE_2,EXT_SOURCE_3,DAYS_BIRTH,DAYS_EMPLOYED,CNT_CHILDREN'}`);
    assert.match(await page.textContent('.notes'), /At most 8/);
    assert.match(await page.textContent('.notes'), /two different/);
    assert.equal((await titles(page)).length, 8);
    assert.equal(await page.locator('.similar tbody tr').count(), 16);

    await page.goto(`${path}?features=`);
    assert.match(await page.textContent('.notes'), /at least one/);
    assert.equal(await page.locator('#compare-charts .chart').count(), 0);
    await page.goto(`${path}?group=AMT_CREDIT:1..2`);
    assert.equal((await groupOf(page)).count, 0);
    assert.match(await page.textContent('#compare-charts'), /nobody/);
    assert.equal((await page.goto('/clients/1/compare')).status(), 404);
});

test('two features against each other: counts, rates, the client’s cell', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(`${path}?x=AMT_CREDIT&y=DAYS_BIRTH`);
    const pair = await api(`/population/pair?x=AMT_CREDIT&y=DAYS_BIRTH&client_id=${client.client_id}&each=12`);
    const rows = await page.locator('.density tbody tr').all();
    assert.equal(rows.length, pair.counts.length);
    let filled = 0;
    // Days count backwards: the table begins with the oldest, as does the API.
    for (const [y, row] of rows.entries()) {
        const cells = (await row.locator('td').allTextContents()).map(plain);
        for (const [x, text] of cells.entries()) {
            const count = pair.counts[y][x];
            const rate = pair.default_rates[y][x];
            const expected = count === 0 ? '' : count + (rate === null ? '' : ` · ${percent(rate)}`);
            assert.equal(text.replace(/ This client$/, ''), expected);
            filled += count > 0;
        }
    }
    assert.equal(await page.locator('.density-plot > rect').count(), filled);
    const { x, y } = pair.client;
    const marked = page.locator('.density td.marked');
    assert.equal(await marked.count(), 1);
    assert.equal(await rows[y.cell].locator('td').nth(x.cell).getAttribute('class'), 'number marked');
    const words = await page.locator('.pair-words li').first().textContent();
    assert.ok(words.includes(`${pair.counts[y.cell][x.cell]} client`), words);

    await page.click('#compare-swap a');
    await page.waitForURL('**x=DAYS_BIRTH&y=AMT_CREDIT**');
    assert.deepEqual([await selected(page, '#x'), await selected(page, '#y')], ['DAYS_BIRTH', 'AMT_CREDIT']);
    await page.focus('#x');
    await page.selectOption('#x', 'OCCUPATION_TYPE');
    await page.waitForURL('**x=OCCUPATION_TYPE**');
    assert.equal(await page.textContent('.density h3'), 'Occupation and Credit amount');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'x');
    assert.deepEqual(page.faults, []);
});

test('similar clients with distance, decision, outcome and the chosen features', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(`${path}?features=AMT_CREDIT,OCCUPATION_TYPE`);
    await page.selectOption('#similar', '12');
    await page.waitForFunction(() => document.querySelectorAll('.similar tbody tr').length === 13);
    const { similar } = await api(`/clients/${client.client_id}/similar?k=12&features=AMT_CREDIT,OCCUPATION_TYPE`);
    const rows = await page.locator('.similar tbody tr').all();
    for (const [i, one] of similar.entries()) {
        const cells = (await rows[i + 1].locator('th, td').allTextContents()).map(plain);
        const outcome = { 0: 'Repaid', 1: 'Defaulted', null: 'Not known' }[one.outcome];
        assert.deepEqual(cells, [String(one.client_id), one.distance.toFixed(2), one.decision === 'granted' ? 'Granted' : 'Refused',
            String(Math.round(one.score)), outcome, ...one.fields.map(({ text }) => plain(text))]);
    }
    await rows[1].locator('a').click();
    await page.waitForURL(`**/clients/${similar[0].client_id}`);
});

test('without scripts the form shows what is chosen, whole', async () => {
    const page = await dashboard.enter({ language: 'en', scripts: false });
    await page.goto(path);
    await page.selectOption('#group', 'NAME_INCOME_TYPE');
    await page.click('.picker summary');
    await page.check('input[value=DAYS_EMPLOYED]');
    await page.uncheck('input[value=AMT_CREDIT]');
    await page.selectOption('#y', 'AMT_ANNUITY');
    await page.click('.compare-choices .compare-submit button');
    assert.equal((await groupOf(page)).count, (await compare('NAME_INCOME_TYPE')).group.count);
    const shown = await titles(page);
    assert.ok(shown.includes('Time in the job') && !shown.includes('Credit amount'), String(shown));
    assert.equal(await selected(page, '#y'), 'AMT_ANNUITY');
    await page.click('.presets a:has-text("Income and work")');
    assert.equal((await groupOf(page)).count, (await compare('NAME_INCOME_TYPE')).group.count);
});

test('from the client’s page, with what is compared there', async () => {
    const page = await dashboard.enter();
    await page.goto(`/clients/${client.client_id}`);
    const compared = await page.locator('section[aria-labelledby=comparison-title] .chart h3').allTextContents();
    await page.click('section[aria-labelledby=comparison-title] .comparison-more a');
    await page.waitForURL(`**${path}?**`);
    assert.deepEqual(await titles(page), compared);
});

test('a backend that goes away is told, and what is chosen comes with it', async () => {
    const page = await dashboard.enter();
    await page.goto(path);
    dashboard.relay.mode = 'refuse';
    await page.selectOption('#group', 'similar');
    await page.waitForSelector('h1:has-text("ne répond pas")');
    assert.match(page.url(), /group=similar/);
    dashboard.relay.mode = 'pass';
    await page.waitForSelector('.compare-group', { timeout: 15_000 });
    assert.equal(await selected(page, '#group'), 'similar');
});
