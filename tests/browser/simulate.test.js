// Simulating: fields changed in a form, the new result beside that of the file, as somebody types and without scripts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDashboard } from './support/dashboard.js';

const dashboard = await openDashboard({ relayed: true });
const granted = await dashboard.clientThatIs('granted');
const refused = await dashboard.clientThatIs('refused');
const about = async (client, part = '') => (await dashboard.backend.get(`/clients/${client.client_id}${part}`)).body;
const whatIf = async (client, changes, query = '?lang=en') =>
    (await dashboard.backend.post(`/clients/${client.client_id}/what-if${query}`, { changes })).body;
const addressOf = (client, query = '') => `/clients/${client.client_id}/simulate${query}`;
const plain = (text) => text.replaceAll(/\s+/g, ' ').trim();
const percent = (share, language = 'en') => (100 * share).toFixed(1).replace('.', language === 'fr' ? ',' : '.');
const figures = async (page) => Object.fromEntries(await page.locator('.beside tbody tr').evaluateAll((rows) => rows
    .map((row) => [...row.cells].map((cell) => cell.textContent.trim())).map(([label, ...rest]) => [label, rest])));

/** Waits for the answer to what was typed last. */
const answered = (page, query) => page.waitForFunction((wanted) => decodeURIComponent(location.search).includes(wanted)
    && !document.querySelector('#result').hasAttribute('aria-busy'), query);

/** Some refused client for whom there are changes that would be enough. */
async function clientWithIdeas() {
    const { body } = await dashboard.backend.get('/clients?decision=refused&limit=50');
    for (const client of body.clients) {
        const { counterfactuals } = await about(client, '/counterfactuals?lang=en');
        if (counterfactuals.length > 1) return { client, ideas: counterfactuals };
    }
    throw new Error('no refused client has counterfactuals');
}

for (const language of ['fr', 'en']) {
    test(`${language}: what is typed is scored by the server and stands beside the file`, async () => {
        const page = await dashboard.enter({ language });
        const { application } = await about(refused);
        await page.goto(addressOf(refused));
        await page.fill('#AMT_CREDIT', language === 'fr' ? '90 000,50 €' : '$90,000.50');
        await answered(page, 'AMT_CREDIT=90000.50');
        const { original, changed, difference } = await whatIf(refused, { AMT_CREDIT: 90000.5 });
        const rows = Object.values(await figures(page));
        assert.ok(rows[1][0].startsWith(percent(original.probability, language)), rows[1][0]);
        assert.ok(rows[1][1].startsWith(percent(changed.probability, language)), rows[1][1]);
        assert.equal(Number(rows[2][0]), Math.round(original.score));
        assert.equal(Number(rows[2][1]), Math.round(changed.score));
        assert.equal(Number(rows[2][2].replace('−', '-')), Math.round(changed.score) - Math.round(original.score));
        const heading = plain(await page.textContent('#result-title'));
        const expected = { fr: ['resterait refusé', 'serait accordé'], en: ['would still be refused', 'would be granted'] };
        assert.ok(heading.includes(expected[language][Number(difference.decision_changed)]), heading);
        assert.ok((await page.textContent('#said')).includes(heading));
        assert.equal(await page.locator('.gauge-earlier').count(), 1);
        assert.equal(await page.inputValue('#AMT_CREDIT'), language === 'fr' ? '90 000,50 €' : '$90,000.50');
        await page.locator('#AMT_CREDIT').blur();
        await page.waitForFunction(() => !/[€$]/.test(document.querySelector('#AMT_CREDIT').value));
        assert.notEqual(application.AMT_CREDIT, 90000.5);
        assert.deepEqual(page.faults, []);
    });
}

test('the contributions that moved are those of the API; gender, age and family are none of them', async () => {
    const page = await dashboard.enter({ language: 'en' });
    const changes = { AMT_CREDIT: 90000, AMT_ANNUITY: 9000, CODE_GENDER: 'F', CNT_CHILDREN: 5 };
    await page.goto(addressOf(refused, `?${new URLSearchParams(changes)}`));
    const { difference } = await whatIf(refused, changes);
    const features = new Map((await dashboard.backend.get('/features?lang=en')).body.features.map((one) => [one.name, one]));
    const told = difference.contributions.filter(({ feature, points }) => !features.get(feature).sensitive && Math.abs(points) >= 1).slice(0, 6);
    const rows = await page.locator('.moves tbody tr').evaluateAll((all) => all.map((row) =>
        ['.move', '.values', '.number'].map((part) => row.querySelector(part)?.textContent ?? '')));
    assert.ok(told.length > 2);
    const number = (text) => Number(text.replace('−', '-'));
    for (const [i, move] of told.entries()) {
        assert.equal(rows[i][0], move.label);
        assert.ok(Math.abs(number(rows[i][2]) - move.points) <= 0.051);
        assert.equal(rows[i][1], move.from_text === move.to_text ? '' : `${move.from_text} → ${move.to_text}`);
    }
    const sum = rows.reduce((total, row) => total + number(row[2]), 0);
    assert.ok(Math.abs(sum - difference.score) < 0.06 * rows.length);
    const sensitive = [...features.values()].filter((one) => one.sensitive).map(({ label }) => label);
    for (const [label] of rows) assert.ok(!sensitive.includes(label), label);
});

test('reasons that come, go and stay are marked', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(addressOf(refused, '?EXT_SOURCE_1=0.95&EXT_SOURCE_2=0.95&EXT_SOURCE_3=0.95'));
    const { original, changed } = await whatIf(refused, { EXT_SOURCE_1: 0.95, EXT_SOURCE_2: 0.95, EXT_SOURCE_3: 0.95 });
    for (const direction of ['against', 'for']) {
        const items = await page.locator(`.reason-list--${direction} li`).allTextContents();
        const after = changed.reasons.filter((reason) => reason.direction === direction);
        for (const [i, reason] of after.entries()) assert.ok(plain(items[i]).startsWith(plain(reason.fact)), items[i]);
    }
    const wasScore = original.reasons.some(({ direction, theme }) => direction === 'for' && theme === 'external_score');
    assert.equal(await page.locator('.reason-list--for li', { hasText: /external (bureau )?score/i }).filter({ hasText: 'new reason' }).count(), wasScore ? 0 : 1);
    assert.equal(await page.locator('.reason-list .gone').count() > 0, true);
});

test('the smallest changes are one click away, and fill the form', async () => {
    const { client, ideas } = await clientWithIdeas();
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(addressOf(client));
    assert.deepEqual((await page.locator('.ideas .idea').allTextContents()).map(plain), ideas.map(({ text }) => plain(text)));
    await page.locator('.ideas a.button').first().click();
    await page.waitForURL(/simulate\?/);
    assert.equal(plain(await page.textContent('#result-title')), 'The credit would be granted');
    for (const { field, to } of ideas[0].changes)
        assert.equal(Number((await page.inputValue(`#${field}`)).replaceAll(',', '')), to);
    assert.equal(await page.locator('.ideas .tried').count(), 1);
    assert.deepEqual(page.faults, []);
});

test('who is granted already needs no ideas', async () => {
    const page = await dashboard.enter();
    await page.goto(addressOf(granted));
    assert.equal(await page.locator('.ideas').count(), 0);
    assert.equal(plain(await page.textContent('#result-title')), 'Crédit accordé');
    assert.equal(await page.locator('.beside thead th').count(), 1);
});

test('what cannot be read is told beside the field, kept, and the other fields count', async () => {
    const page = await dashboard.enter();
    await page.goto(addressOf(refused));
    await page.fill('#AMT_CREDIT', '90000');
    await page.fill('#AMT_INCOME_TOTAL', 'beaucoup');
    await answered(page, 'AMT_INCOME_TOTAL=beaucoup');
    assert.match(await page.textContent('#AMT_INCOME_TOTAL-note'), /pas un nombre/);
    assert.equal(await page.getAttribute('#AMT_INCOME_TOTAL', 'aria-invalid'), 'true');
    assert.match(await page.getAttribute('#AMT_INCOME_TOTAL', 'aria-describedby'), /AMT_INCOME_TOTAL-note/);
    const { changed } = await whatIf(refused, { AMT_CREDIT: 90000 });
    assert.equal(Number(Object.values(await figures(page))[2][1]), Math.round(changed.score));
    await page.reload();
    assert.equal(await page.inputValue('#AMT_INCOME_TOTAL'), 'beaucoup');
    await page.fill('#AMT_INCOME_TOTAL', '-5');
    await answered(page, 'AMT_INCOME_TOTAL=-5');
    assert.match(plain(await page.textContent('#AMT_INCOME_TOTAL-note')), /de 0 à 1 000 000 000/);
    await page.fill('#AMT_INCOME_TOTAL', '');
    await page.waitForFunction(() => /Revenu annuel.*Inconnu/s.test(document.querySelector('.changes').textContent));
    assert.deepEqual(page.faults, []);
});

test('a field and the whole are put back, without leaving the page', async () => {
    const page = await dashboard.enter();
    await page.goto(addressOf(refused));
    const before = await page.inputValue('#AMT_CREDIT');
    await page.evaluate(() => { window.stayed = true; });
    await page.fill('#AMT_CREDIT', '90000');
    await page.selectOption('#OCCUPATION_TYPE', 'Managers');
    await answered(page, 'OCCUPATION_TYPE=Managers');
    await page.click('#simulate [data-reset=AMT_CREDIT]');
    await page.waitForFunction(() => !location.search.includes('AMT_CREDIT'));
    assert.equal(await page.inputValue('#AMT_CREDIT'), before);
    await page.click('#reset');
    await page.waitForFunction(() => location.search === '');
    assert.equal(await page.locator('.changes').count(), 0);
    assert.equal(await page.evaluate(() => window.stayed), true);
    assert.deepEqual(page.faults, []);
});

test('a credit that changes offers the instalment of the same term', async () => {
    const { application } = await about(refused);
    const page = await dashboard.enter();
    await page.goto(addressOf(refused));
    await page.fill('#AMT_CREDIT', String(application.AMT_CREDIT / 2));
    await page.waitForSelector('#AMT_ANNUITY-note a');
    await page.click('#AMT_ANNUITY-note a');
    const wanted = Math.round(application.AMT_ANNUITY / 2);
    await answered(page, `AMT_ANNUITY=${wanted}`);
    assert.equal(await page.locator('#AMT_ANNUITY-note a').count(), 0);
    const { changed } = await whatIf(refused, { AMT_CREDIT: application.AMT_CREDIT / 2, AMT_ANNUITY: wanted });
    assert.equal(Number(Object.values(await figures(page))[2][1]), Math.round(changed.score));
});

test('steps go to round amounts, by button and by arrow', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(addressOf(refused));
    const step = Number(await page.getAttribute('#AMT_CREDIT', 'data-step'));
    const value = async () => Number((await page.inputValue('#AMT_CREDIT')).replaceAll(',', ''));
    const before = await value();
    await page.locator('[data-field=AMT_CREDIT] .stepped button').last().click();
    const after = await value();
    assert.ok(after > before && after - before <= step && after % step === 0);
    await page.focus('#AMT_CREDIT');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    assert.equal(await value(), after - 2 * step);
    await answered(page, `AMT_CREDIT=${after - 2 * step}`);
});

test('any other field of the application can be added; sensitive ones say so', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(addressOf(refused));
    const { features } = (await dashboard.backend.get('/features')).body;
    const shown = await page.locator('[data-field]').count();
    assert.equal(await page.locator('#add optgroup option').count(), features.filter((one) => one.application).length - shown);
    await page.fill('#AMT_CREDIT', '90000');
    await page.selectOption('#add', 'CODE_GENDER');
    await page.click('.simulate-add button');
    await page.waitForURL(/add=CODE_GENDER/);
    assert.match(page.url(), /AMT_CREDIT=90000/);
    assert.match(await page.textContent('#CODE_GENDER-note'), /Sensitive/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'CODE_GENDER');
    await page.click('[data-field=CODE_GENDER] [data-reset]');
    await page.waitForFunction(() => !location.search.includes('add='));
    assert.equal(await page.locator('[data-field=CODE_GENDER]').count(), 0);
    assert.deepEqual(page.faults, []);
});

test('the language changes and the simulation stays', async () => {
    const page = await dashboard.enter({ language: 'fr' });
    await page.goto(addressOf(refused, '?AMT_CREDIT=90000.5&DAYS_EMPLOYED.years=3&DAYS_EMPLOYED.months=6'));
    assert.equal(plain(await page.inputValue('#AMT_CREDIT')), '90 000,50');
    await page.click('.bar-nav a[hreflang=en]');
    await page.waitForURL(/lang=en/);
    assert.equal(await page.inputValue('#AMT_CREDIT'), '90,000.50');
    assert.match(plain(await page.textContent('.changes')), /→ 3 years 6 months/);
    const { changed } = await whatIf(refused, { AMT_CREDIT: 90000.5, DAYS_EMPLOYED: -1279 });
    assert.equal(Number(Object.values(await figures(page))[2][1]), Math.round(changed.score));
});

test('without scripts the form asks, and the address holds only what is changed', async () => {
    const page = await dashboard.enter({ language: 'fr', scripts: false });
    await page.goto(addressOf(refused));
    await page.fill('#AMT_CREDIT', '90 000 €');
    await page.selectOption('#add', 'OWN_CAR_AGE');
    await page.click('.simulate-submit button');
    await page.waitForURL(/#result-title$/);
    const there = new URL(page.url());
    assert.equal(there.search, '?AMT_CREDIT=90000&add=OWN_CAR_AGE');
    assert.equal(plain(await page.inputValue('#AMT_CREDIT')), '90 000');
    const { changed } = await whatIf(refused, { AMT_CREDIT: 90000 });
    assert.equal(Number(Object.values(await figures(page))[2][1]), Math.round(changed.score));
    assert.equal(await page.locator('#copy:visible').count(), 0);
    await page.fill('#OWN_CAR_AGE', 'x');
    await page.click('.simulate-submit button');
    await page.waitForURL(/OWN_CAR_AGE=x/);
    assert.match(await page.textContent('#OWN_CAR_AGE-note'), /pas un nombre/);
    await page.click('[data-field=AMT_CREDIT] [data-reset]');
    await page.waitForURL((url) => !url.search.includes('AMT_CREDIT'));
    await page.click('#reset');
    await page.waitForURL((url) => url.search === '');
});

test('keys in quick succession are one question, and an older question is given up for a newer one', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto(addressOf(refused));
    const asked = [];
    const givenUp = [];
    page.on('request', (request) => { if (request.url().includes('part=live')) asked.push(request.url()); });
    page.on('requestfailed', (request) => givenUp.push(request.url()));
    await page.route(/AMT_CREDIT=123456&/, () => {}); // never answered
    const type = (text) => page.evaluate((keys) => {
        const input = document.querySelector('#AMT_CREDIT');
        input.value = '';
        for (const key of keys) {
            input.value += key;
            input.dispatchEvent(new InputEvent('input', { bubbles: true }));
        }
    }, text);
    const waiting = page.waitForRequest(/AMT_CREDIT=123456&/);
    await type('123456');
    await waiting;
    assert.equal(asked.length, 1);
    await type('90000');
    await answered(page, 'AMT_CREDIT=90000');
    const { changed } = await whatIf(refused, { AMT_CREDIT: 90000 });
    assert.equal(Number(Object.values(await figures(page))[2][1]), Math.round(changed.score));
    assert.equal(asked.length, 2);
    assert.match(givenUp.join(), /AMT_CREDIT=123456/);
});

test('a backend that is away is told, nothing typed is lost, and the result comes', async () => {
    const page = await dashboard.enter();
    await page.goto(addressOf(refused));
    dashboard.relay.mode = 'refuse';
    await page.fill('#AMT_CREDIT', '90000');
    await page.waitForSelector('#said:not(.hidden)');
    assert.match(await page.textContent('#said'), /ne répond pas/);
    assert.equal(await page.inputValue('#AMT_CREDIT'), '90000');
    dashboard.relay.mode = 'pass';
    await answered(page, 'AMT_CREDIT=90000');
    assert.equal(await page.locator('#said:not(.hidden)').count(), 0);
});

test('a session that ended leads back to the simulation', async () => {
    const page = await dashboard.enter();
    await page.goto(addressOf(refused));
    await page.context().clearCookies();
    await page.fill('#AMT_CREDIT', '90000');
    await page.waitForURL(/sign-in\?next=.*AMT_CREDIT/);
});

test('unknown clients and odd addresses have an answer', async () => {
    const page = await dashboard.enter();
    assert.equal((await page.goto('/clients/1/simulate')).status(), 404);
    assert.equal((await page.goto('/clients/abc/simulate')).status(), 404);
    for (const query of ['?AMT_CREDI=5', '?add=NOTHING,,AMT_CREDIT', '?TARGET=1', '?SK_ID_CURR=5', '?AMT_CREDIT=1&AMT_CREDIT=2',
        `?AMT_CREDIT=${'9'.repeat(300)}`, '?DAYS_EMPLOYED.years=', '?CODE_GENDER=%00', '?CODE_GENDER=<script>', '?EXT_MEAN=1', '?add=EXT_MEAN'])
        assert.equal((await page.request.get(addressOf(refused, query))).status(), 200, query);
});
