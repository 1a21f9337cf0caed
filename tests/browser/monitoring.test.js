// Monitoring: the API's figures in sentences and tables that a risk officer reads; one click shows a distribution.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDashboard, waitForCharts } from './support/dashboard.js';

const dashboard = await openDashboard({ relayed: true });
const granted = await dashboard.clientThatIs('granted');
const refused = await dashboard.clientThatIs('refused');
const plain = (text) => text.replaceAll(/\s+/g, ' ').trim();
const ask = async (path, language = 'en') => (await dashboard.backend.get(path, { headers: { 'accept-language': language } })).body;
const ODD = Array.from({ length: 400 }, (_, i) => ({ features: { EXT_SOURCE_2: 0.05 + i / 1e5, AMT_CREDIT: 100_000 + i } }));

/** Whole percent as each language writes it. */
const percent = (share, language) => new Intl.NumberFormat(language, { style: 'percent' }).format(share);
const index = (value, language) => value.toFixed(3).replace('.', language === 'fr' ? ',' : '.');

for (const [language, words] of Object.entries({
    fr: { none: /Aucune des (\d+) variables n’a bougé/, some: /(\d+) variables? sur (\d+) (a|ont) bougé/, below: 'au-dessous des quatre cinquièmes', above: 'au-dessus des quatre cinquièmes' },
    en: { none: /None of the (\d+) variables moved/, some: /(\d+) of (\d+) variables moved/, below: 'below four fifths', above: 'above four fifths' },
})) {
    test(`${language}: the summary says what the API says`, async () => {
        const page = await dashboard.enter({ language });
        await page.goto('/monitoring');
        const [drift, fairness] = [await ask('/monitoring/drift', language), await ask('/monitoring/fairness', language)];
        const said = (await page.locator('.brief-list li').allInnerTexts()).map(plain);
        const moved = drift.features.filter(({ verdict, beyond_chance: beyond }) => beyond && verdict !== 'stable').length;
        if (moved) assert.equal(Number(words.some.exec(said[0])[1]), moved);
        else assert.equal(Number(words.none.exec(said[0])[1]), drift.features.length);
        assert.ok(said[1].includes(index(drift.score.psi, language)), said[1]);
        for (const [i, { groups }] of fairness.attributes.entries()) {
            const compared = groups.filter(({ ratio }) => ratio !== null);
            const worst = compared.reduce((least, group) => (group.ratio < least.ratio ? group : least));
            const sentence = said[2 + i];
            assert.ok(sentence.includes(worst.label), sentence);
            assert.ok(plain(sentence).includes(plain(percent(worst.ratio, language))), sentence);
            assert.ok(sentence.includes(worst.four_fifths ? words.above : words.below), sentence);
        }
        assert.equal(said.length, 3 + fairness.attributes.length);
        assert.ok((await page.locator('.todo li').count()) > 0);
        assert.ok((await waitForCharts(page)) >= 1);
        assert.deepEqual(page.faults, []);
    });
}

test('variables come worst first, with what is missing then and now', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto('/monitoring?all=1');
    const { features } = await ask('/monitoring/drift');
    const rows = await page.locator('.variables tbody tr').all();
    assert.equal(rows.length, features.length);
    for (const i of [0, 1, features.length - 1]) {
        const cells = (await rows[i].locator('th, td').allInnerTexts()).map(plain);
        const { label, psi, missing_then: then, missing_now: now } = features[i];
        assert.ok(cells[0].startsWith(label));
        assert.equal(cells[1], index(psi, 'en'));
        assert.equal(cells[4], `${(100 * then).toFixed(1)}%`);
        assert.equal(cells[5], `${(100 * now).toFixed(1)}%`);
    }
    await page.goto('/monitoring');
    assert.equal(await page.locator('.variables tbody tr').count(), 15);
    await page.click('.more a');
    assert.equal(await page.locator('.variables tbody tr').count(), features.length);
});

test('a word finds variables in place, the address keeps it', async () => {
    const page = await dashboard.enter({ language: 'fr' });
    await page.goto('/monitoring');
    await page.fill('#find', 'CREDIT demande');
    await page.waitForFunction(() => location.search.includes('find=CREDIT'));
    const labels = await page.locator('.variables tbody th').allInnerTexts();
    assert.ok(labels.length > 0 && labels.length < 20);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'find');
    await page.reload();
    assert.deepEqual(await page.locator('.variables tbody th').allInnerTexts(), labels);
    await page.fill('#find', 'zzzz');
    await page.waitForSelector('#variables .empty');
    await page.fill('#find', '');
    await page.selectOption('#sort', 'missing');
    await page.waitForFunction(() => location.search.includes('sort=missing') && document.querySelectorAll('.variables tbody tr').length > 1);
    const { features } = await ask('/monitoring/drift', 'fr');
    const change = ({ missing_then: then, missing_now: now }) => Math.abs(now - then);
    const first = features.reduce((most, feature) => (change(feature) > change(most) ? feature : most));
    assert.ok((await page.locator('.variables tbody th').first().innerText()).startsWith(first.label));
    assert.deepEqual(page.faults, []);
});

test('one click shows how a variable was spread and is now', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto('/monitoring?find=external+score');
    const link = page.locator('.variables tbody a').first();
    const label = await link.innerText();
    await link.click();
    assert.equal(await page.textContent('h1'), label);
    assert.equal(await waitForCharts(page), 1);
    const name = new URL(page.url()).pathname.split('/').at(-1);
    const { bins, psi } = await ask(`/monitoring/drift/${name}`);
    assert.ok((await page.innerText('.score-line')).includes(index(psi, 'en')));
    await page.click('.chart summary');
    const cells = (await page.locator('.chart tbody td').allInnerTexts()).map(Number);
    assert.equal(cells.length, 2 * bins.filter(({ then, now }) => then > 0 || now > 0).length);
    for (const side of [0, 1]) assert.ok(Math.abs(cells.filter((_, i) => i % 2 === side).reduce((sum, cell) => sum + cell, 0) - 100) < 1);
    assert.equal(await page.locator(`a[href="/glossary#${name}"]`).count(), 1);
    await page.goBack();
    assert.equal(new URL(page.url()).search, '?find=external+score');
});

test('many categories: the largest by name, the others together, ages the way people count them', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto('/monitoring/drift/ORGANIZATION_TYPE');
    await page.click('.chart summary');
    const labels = await page.locator('.chart tbody th').allInnerTexts();
    assert.ok(labels.length <= 22);
    assert.deepEqual(labels.slice(-2), ['All others', 'Missing value']);
    await page.goto('/monitoring/drift/DAYS_BIRTH');
    await page.click('.chart summary');
    const ages = (await page.locator('.chart tbody th').allInnerTexts()).map((text) => Number(/\d+/.exec(text)[0]));
    assert.deepEqual(ages, [...ages].sort((a, b) => a - b));
    assert.ok(ages[0] > 15 && ages.at(-1) < 80);
});

test('what was scored last: nothing at first, then what differs stands out', async () => {
    const page = await dashboard.enter({ language: 'fr' });
    await page.goto('/monitoring');
    await page.click('.switch a:not([aria-current])');
    assert.match(page.url(), /of=scorings/);
    assert.match(await page.innerText('.brief-list'), /n’a été notée par l’API/);
    assert.equal((await page.request.get('/monitoring/drift/AMT_CREDIT?of=scorings')).status(), 404);
    assert.equal((await dashboard.backend.post('/predict', { instances: ODD })).status, 200);
    await page.reload();
    assert.match(plain(await page.innerText('.brief-list li:first-child')), /À traiter \d+ variables sur \d+ ont bougé/);
    assert.match(await page.innerText('.brief-list li:nth-child(2)'), /nettement changé/);
    assert.match(await page.innerText('.todo'), /Commencez par/);
    await page.selectOption('#show', 'moved');
    await page.waitForFunction(() => location.search.includes('show=moved'));
    assert.match(page.url(), /of=scorings/);
    await page.goto('/monitoring/drift/AMT_CREDIT?of=scorings');
    assert.match(await page.innerText('h2'), /À traiter/);
    assert.match(await page.innerText('.panel .lead'), /Vérifiez d’abord la source/);
});

test('decisions of advisors are counted, those against the model apart', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto('/monitoring');
    assert.match(await page.innerText('#decisions'), /No decision was recorded/);
    for (const [client, decision] of [[granted, 'granted'], [refused, 'refused'], [refused, 'granted']])
        assert.equal((await dashboard.backend.post('/decisions', { client_id: client.client_id, decision, motive: 'Guarantor' })).status, 201);
    await page.reload();
    assert.match(plain(await page.innerText('#decisions .tiles')), /Decisions 3 Against the proposal 33\.3% Granted although a refusal was proposed 1 Refused although a grant was proposed 0/);
    await page.click('#decisions summary');
    const [last] = (await page.locator('#decisions tbody tr').allInnerTexts()).slice(-1);
    assert.match(plain(last), /2 1$/);
});

test('the service: requests and errors of the last day', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto('/monitoring');
    const { total, model_loaded: loaded } = await ask('/monitoring/activity?minutes=1440&step=60');
    const shown = Number((await page.innerText('#activity .tiles dd')).replaceAll(',', ''));
    assert.ok(shown > 0 && shown <= total.requests);
    assert.ok((await page.innerText('.monitoring-lead')).includes(String(new Date(loaded).getFullYear())));
    assert.equal(await page.locator('#activity tbody tr').count(), 24);
});

test('groups are told with counts and intervals', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto('/monitoring');
    const { attributes } = await ask('/monitoring/fairness');
    const rows = (await page.locator('.groups tbody tr').allInnerTexts()).map(plain);
    const groups = attributes.flatMap((attribute) => attribute.groups);
    assert.equal(rows.length, groups.length);
    for (const [i, { label, clients, granted: share }] of groups.entries()) {
        assert.ok(rows[i].startsWith(`${label} ${clients}`), rows[i]);
        const [low, high] = [share.low, share.high].map((value) => (100 * value).toFixed(1));
        assert.ok(rows[i].includes(`${(100 * share.share).toFixed(1)}% (${low} to ${high}%)`), rows[i]);
    }
});

test('without scripts words and tables are all there', async () => {
    const page = await dashboard.enter({ scripts: false, language: 'en' });
    await page.goto('/monitoring');
    await page.fill('#find', 'gender');
    await page.click('.filter button');
    await page.waitForURL(/find=gender/);
    assert.equal(await page.locator('.variables tbody tr').count(), 1);
});

test('a part that is away says so, the others are there; an unknown variable has a page', async () => {
    const page = await dashboard.enter({ language: 'en' });
    dashboard.relay.broken = /fairness|activity|decisions/;
    await page.goto('/monitoring');
    dashboard.relay.broken = undefined;
    for (const part of ['#fairness', '#activity', '#decisions']) assert.match(await page.innerText(part), /cannot be shown right now/);
    assert.equal(await page.locator('.variables tbody tr').count(), 15);
    dashboard.relay.broken = /drift/;
    assert.equal((await page.request.get('/monitoring')).status(), 502);
    dashboard.relay.broken = undefined;
    for (const path of ['/monitoring/drift/NOTHING', '/monitoring/drift/..%2fx', `/monitoring/drift/${'A'.repeat(900)}`])
        assert.equal((await page.request.get(path)).status(), 404, path);
});
