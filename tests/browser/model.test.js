// The pages about the model: its card, what weighs, the effect of a variable, performance, what errors cost.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeArtifact } from '../api/support/artifact.js';
import { openDashboard, waitForCharts } from './support/dashboard.js';

const dashboard = await openDashboard({ clients: 2000, relayed: true, env: { BACKEND_TIMEOUT_MS: '2000' } });
const ask = async (path, language = 'fr') => (await dashboard.backend.get(path, { headers: { 'accept-language': language } })).body;
const plain = (text) => text.replaceAll(/\s+/g, ' ').trim();
const chartOf = async (canvas) => JSON.parse(await canvas.getAttribute('data-chart'));
const near = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

/** The number that a text of the language says, percent as a share. */
function read(text, language) {
    const digits = plain(text).replace('−', '-').replaceAll(/[^\d.,-]/g, '');
    const value = Number(language === 'fr' ? digits.replace(',', '.') : digits.replaceAll(',', ''));
    return text.includes('%') ? value / 100 : value;
}

for (const language of ['fr', 'en'])
    test(`${language}: the card says what the model is, how good, why it refuses where it does`, async () => {
        const model = await ask('/model');
        const { metrics, threshold, training } = model.document;
        const page = await dashboard.enter({ language });
        await page.click('.bar-nav a[href="/model"]');
        await page.waitForURL('**/model');
        const fields = (await page.locator('.card dd').allTextContents()).map(plain);
        assert.equal(fields[0], model.version);
        assert.ok(fields.some((text) => read(text, language) === training.rows));
        assert.ok(fields.some((text) => read(text, language) === model.features.length));
        assert.ok(fields.some((text) => model.hash.startsWith(text.slice(0, -1))));
        const quality = page.locator('section[aria-labelledby=quality-title]');
        near(read(await quality.locator('.value').textContent(), language), metrics.auc, 5e-4);
        const interval = await quality.locator('.interval').textContent();
        for (const end of [metrics.auc_low, metrics.auc_high])
            assert.ok(interval.includes(end.toFixed(3).replace('.', language === 'fr' ? ',' : '.')), interval);
        const why = page.locator('section[aria-labelledby=threshold-title]');
        near(read(await why.locator('dd').textContent(), language), model.threshold, 5e-4);
        assert.match(await why.locator('p').first().textContent(), new RegExp(` ${threshold.missed_cost / threshold.refused_cost} `));
        await page.click('.model-card summary');
        const card = await page.innerText('.model-card');
        const written = await dashboard.backend.get('/model/card', { headers: { accept: 'application/json' } });
        for (const { title } of written.body.sections) assert.ok(card.includes(title), title);
        assert.ok(await page.locator('.model-card table').count() >= 3);
        assert.equal(await page.getAttribute('.model-card div[lang]', 'lang'), 'en');
        assert.deepEqual(page.faults, []);
    });

test('what weighs is the API\'s, largest first, each variable a click away', async () => {
    const { features, themes } = await ask('/model/importance', 'en');
    const page = await dashboard.enter({ language: 'en' });
    await page.goto('/model/importance');
    assert.equal(await waitForCharts(page), 3);
    const [leading, weights, swarm] = await Promise.all((await page.locator('canvas').all()).map(chartOf));
    assert.deepEqual(leading.labels, features.slice(0, 15).map(({ label }) => label));
    for (const [i, value] of leading.series[0].values.entries()) near(value, features[i].points, 1e-3);
    assert.deepEqual(weights.labels, themes.map(({ label }) => label));
    assert.deepEqual(swarm.rows, features.slice(0, 12).map(({ label }) => label));
    assert.equal(swarm.xs.length, swarm.tones.length);
    for (const [i, y] of swarm.ys.entries()) assert.ok(y > -0.5 && y < 11.5, `dot ${i}: ${y}`);
    await page.click('.all-variables summary');
    assert.equal(await page.locator('.all-variables tbody tr').count(), features.length);
    await page.click(`.all-variables a[href$="feature=${features[3].name}"]`);
    await page.waitForURL('**/model/dependence?feature=*');
    assert.equal(await page.inputValue('#feature'), features[3].name);
    assert.deepEqual(page.faults, []);
});

test('the beeswarm tells which way values pull, and its table says the same', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto('/model/importance');
    await waitForCharts(page);
    const swarm = await chartOf(page.locator('canvas').nth(2));
    const row = swarm.rows.indexOf('Mean external score');
    assert.ok(row >= 0);
    const dots = swarm.xs.map((x, i) => ({ x, tone: swarm.tones[i], y: swarm.ys[i] })).filter(({ y }) => Math.round(y) === row);
    const mean = (list) => list.reduce((sum, { x }) => sum + x, 0) / list.length;
    const low = mean(dots.filter(({ tone }) => tone !== null && tone <= 1 / 3));
    const high = mean(dots.filter(({ tone }) => tone >= 2 / 3));
    assert.ok(low < 0 && high > 0, `${low} ${high}`); // a good external score adds points
    const figure = page.locator('.chart--points');
    await figure.locator('summary').click();
    const cells = await figure.locator('tbody tr').nth(row).locator('td').allTextContents();
    near(read(cells[0], 'en'), low, 1);
    near(read(cells[1], 'en'), high, 1);
});

test('a variable that people read backwards is coloured as they read it', async () => {
    const page = await dashboard.enter({ language: 'en' });
    const { points } = await ask('/model/dependence/EXT_MEAN?by=DAYS_BIRTH');
    const oldest = Math.min(...points.map(({ by }) => by ?? 0)); // days before the application
    await page.goto('/model/dependence?feature=EXT_MEAN&by=DAYS_BIRTH');
    const { tones } = await chartOf(page.locator('canvas'));
    const known = points.filter(({ value }) => value !== null);
    known.forEach(({ by }, i) => { if (by === oldest) assert.equal(tones[i], 1); });
});

test('without a choice the page of effects shows the leading variable, coloured by another theme\'s', async () => {
    const { features } = await ask('/model/importance');
    const page = await dashboard.enter();
    await page.goto('/model');
    await page.click('.tabs a[href="/model/dependence"]');
    await page.waitForURL(/feature=/);
    const query = new URL(page.url()).searchParams;
    assert.equal(query.get('feature'), features[0].name);
    const { theme } = features.find(({ name }) => name === query.get('by'));
    assert.notEqual(theme, features[0].theme);
    await waitForCharts(page);
    await page.goBack();
    assert.match(page.url(), /\/model$/);
});

test('the effect of a number: dots in their bins, means by bin in the table', async () => {
    const page = await dashboard.enter({ language: 'en', scripts: false });
    await page.goto('/model/dependence');
    await page.selectOption('#feature', 'DAYS_BIRTH');
    await page.selectOption('#by', 'CODE_GENDER');
    await page.click('.picker button');
    const { points, withheld } = await ask('/model/dependence/DAYS_BIRTH?by=CODE_GENDER');
    const chart = await chartOf(page.locator('canvas'));
    assert.equal(chart.xs.length, points.filter(({ value }) => value !== null).length);
    for (const age of chart.xs) assert.ok(age > 15 && age < 80, `${age} years`);
    const factor = -50 / Math.LN2;
    for (const [i, y] of chart.ys.entries()) near(y, factor * points[i].contribution, 0.5 * 0.01 * -factor + 1e-3);
    assert.deepEqual(new Set(chart.tones), new Set([0, 1])); // women, men
    const rows = await page.$$eval('.chart tbody tr', (all) => all.map((row) => row.textContent));
    assert.ok(rows.length > 10);
    const clients = await page.$$eval('.chart tbody tr td:nth-child(2)', (all) => all.map((cell) => Number(cell.textContent)));
    assert.equal(clients.reduce((sum, count) => sum + count, 0), points.length);
    if (withheld) assert.match(await page.innerText('main'), new RegExp(`${withheld} clients? of the sample`));
    assert.equal(await page.inputValue('#by'), 'CODE_GENDER');
});

test('the effect of a category: a row each, from the most to the least favourable', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto('/model/dependence?feature=NAME_EDUCATION_TYPE');
    await waitForCharts(page);
    const chart = await chartOf(page.locator('canvas'));
    assert.ok(chart.rows.length >= 3);
    assert.equal(chart.tones, undefined);
    const mean = (row) => {
        const xs = chart.xs.filter((_, i) => Math.round(chart.ys[i]) === row);
        return xs.reduce((sum, x) => sum + x, 0) / xs.length;
    };
    const means = chart.rows.map((_, row) => mean(row));
    for (let row = 1; row < means.length; row++)
        if (chart.rows[row] !== 'Missing value') assert.ok(means[row] <= means[row - 1] + 0.5, `${means}`);
    assert.deepEqual(page.faults, []);
});

test('a variable that the model does not use is answered with the choice', async () => {
    const page = await dashboard.enter();
    for (const query of ['feature=NOTHING', 'feature=%22%3E%3Cb%3E', 'feature=', `feature=${'A'.repeat(300)}`, 'feature=EXT_MEAN&by=NOTHING']) {
        const answer = await page.goto(`/model/dependence?${query}`);
        assert.equal(answer.status(), 404, query);
        assert.match(await page.textContent('[role=alert]'), /liste/);
        assert.ok(await page.locator('#feature option').count() > 100);
    }
});

for (const language of ['fr', 'en'])
    test(`${language}: performance is the API's`, async () => {
        const performance = await ask('/model/performance?points=120');
        const page = await dashboard.enter({ language });
        await page.goto('/model/performance');
        assert.equal(await waitForCharts(page), 2);
        const values = await page.locator('.explained-figures .value').allTextContents();
        for (const [i, name] of ['auc', 'gini', 'ks', 'brier'].entries()) near(read(values[i], language), performance.metrics[name], 5e-4);
        const [roc, calibration] = await Promise.all((await page.locator('canvas').all()).map(chartOf));
        assert.equal(roc.points.length, performance.cuts.length);
        near(roc.spots[0].x, performance.own.false_positive_rate, 1e-6);
        near(roc.spots[0].y, performance.own.recall, 1e-6);
        assert.deepEqual(calibration.points.length, performance.calibration.length);
        const bins = await page.locator('.chart').nth(1).locator('tbody td:nth-child(2)').allTextContents();
        assert.equal(bins.reduce((sum, text) => sum + read(text, language), 0), performance.clients);
        const { true_negatives, false_positives, false_negatives, true_positives } = performance.own.confusion;
        const counts = (await page.locator('.confusion td b[data-figure]').allTextContents()).map((text) => read(text, language));
        assert.deepEqual([counts[0], counts[1], counts[3], counts[4]], [true_negatives, false_negatives, false_positives, true_positives]);
        assert.deepEqual(page.faults, []);
    });

// ---- Costs ----

/** Everything that the page of costs says, as one text. */
const saidOf = (page) => page.evaluate(() => [...document.querySelectorAll('.costs-words p, [data-figure], #cost-curve tbody td')].map((element) => element.textContent).join('|'));
const move = (page, name, value) => page.$eval(`input[data-for=${name}]`, (slider, to) => {
    slider.value = to;
    slider.dispatchEvent(new Event('input', { bubbles: true }));
}, value);

for (const language of ['fr', 'en'])
    test(`${language}: moving a cost moves threshold, decisions, money and curve at once, as the server does`, async () => {
        const page = await dashboard.enter({ language });
        await page.goto('/model/costs');
        await waitForCharts(page);
        const before = await saidOf(page);
        const drawn = await page.getAttribute('#cost-curve canvas', 'data-chart');
        await move(page, 'missed_cost', 25);
        const first = await saidOf(page);
        assert.notEqual(first, before);
        await move(page, 'refused_cost', 1.5);
        const moved = await saidOf(page);
        assert.notEqual(moved, first);
        const performance = await ask('/model/performance?missed_cost=25&refused_cost=1.5');
        const { analytic, own, clients } = performance;
        const figure = async (name) => read(await page.textContent(`[data-figure="${name}"]`), language);
        near(await figure('chosen.threshold'), analytic.threshold, 5e-4);
        near(await figure('own.threshold'), own.threshold, 5e-4);
        near(await figure('chosen.cost_client'), analytic.cost / clients, 0.005);
        near(await figure('chosen.cost_thousand'), 1000 * analytic.cost / clients, 0.5);
        near(await figure('own.savings'), 1000 * own.savings / clients, 0.5);
        assert.equal(await figure('refused_defaulted'), analytic.confusion.true_positives);
        assert.equal(await figure('granted_repaid'), analytic.confusion.true_negatives);
        const chart = await chartOf(page.locator('#cost-curve canvas'));
        assert.notEqual(JSON.stringify(chart.series), JSON.stringify(JSON.parse(drawn).series));
        assert.equal(chart.spots.length, 2);
        near(chart.spots[1].y, 1000 * analytic.cost / clients, 1e-6);

        // The address keeps it: the server says the same to whoever opens it.
        await page.$eval('input[data-for=refused_cost]', (slider) => slider.dispatchEvent(new Event('change', { bubbles: true })));
        assert.match(page.url(), /missed_cost=25&refused_cost=1(%2C|\.)5/);
        await page.goto(page.url());
        assert.equal(plain(await saidOf(page)), plain(moved));
        assert.deepEqual(page.faults, []);
    });

test('sliders move with the keyboard; typing moves them too; what is no cost is said', async () => {
    const page = await dashboard.enter();
    await page.goto('/model/costs');
    await waitForCharts(page);
    const threshold = async () => read(await page.textContent('[data-figure="chosen.threshold"]'), 'fr');
    const start = await threshold();
    await page.focus('input[data-for=missed_cost]');
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
    assert.equal(await page.inputValue('#missed_cost'), '12,5');
    assert.ok(await threshold() < start);
    assert.match(page.url(), /missed_cost=12%2C5/);
    await page.fill('#missed_cost', '4');
    near(await threshold(), 0.2, 1e-9);
    assert.equal(await page.inputValue('input[data-for=missed_cost]'), '4');
    const address = page.url();
    await page.fill('#missed_cost', 'beaucoup');
    await page.keyboard.press('Tab');
    assert.equal(await page.$eval('#missed_cost', (input) => input.validity.customError), true);
    near(await threshold(), 0.2, 1e-9);
    assert.equal(page.url(), address.replace(/missed_cost=[^&]*/, 'missed_cost=12%2C5'));
});

test('without scripts the form asks the server; what is wrong is named and kept', async () => {
    const page = await dashboard.enter({ scripts: false });
    await page.goto('/model/costs');
    await page.fill('#missed_cost', '1 000,5');
    await page.fill('#refused_cost', '50');
    await page.click('.costs button');
    near(read(await page.textContent('[data-figure="chosen.threshold"]'), 'fr'), 50 / 1050.5, 5e-4);
    assert.equal(await page.inputValue('#missed_cost'), '1000,5');
    await page.fill('#missed_cost', '-3 euros');
    await page.click('.costs button');
    assert.equal(await page.inputValue('#missed_cost'), '-3 euros');
    assert.equal(await page.getAttribute('#missed_cost', 'aria-invalid'), 'true');
    assert.match(await page.textContent('[role=alert]'), /défaut non détecté.*nombre/);
    assert.equal(await page.inputValue('#refused_cost'), '50');
    for (const query of ['missed_cost=1e99', 'missed_cost=0', 'missed_cost=nan', `missed_cost=${'9'.repeat(400)}`])
        assert.equal((await page.goto(`/model/costs?${query}`)).status(), 200, query);
});

test('with the model\'s own costs nothing would change, and the page says so', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto('/model/costs');
    await waitForCharts(page);
    assert.match(await page.textContent('[data-sentence=choice]'), /that is the threshold in service/);
    assert.match(await page.textContent('[data-sentence=own]'), /nothing changes/);
    assert.equal((await chartOf(page.locator('#cost-curve canvas'))).spots.length, 1);
    await move(page, 'missed_cost', 0.5); // cheaper than refusing: hardly anybody is refused
    assert.match(await page.textContent('[data-sentence=own]'), /less for 1,000/);
});

// ---- When something is missing ----

test('a backend that is away gives a page that says so', async () => {
    const page = await dashboard.enter();
    for (const path of ['/model', '/model/importance', '/model/dependence?feature=EXT_MEAN', '/model/performance', '/model/costs']) {
        dashboard.relay.mode = { status: 503, body: '{}' };
        const answer = await page.goto(path);
        assert.equal(answer.status(), 503, path);
        dashboard.relay.mode = { status: 200, body: '{}' };
        assert.equal((await page.goto(path)).status(), 502, path);
        dashboard.relay.mode = 'pass';
    }
});

test('a model that came without card and measures is shown with what there is', async () => {
    const folder = makeArtifact(({ document, reference }) => {
        delete reference.performance;
        delete document.metrics;
        document.threshold.missed_cost = 12; // the threshold is another one than these costs ask for
    });
    rmSync(join(folder, 'card.md'));
    const bare = await openDashboard({ clients: 100, backendEnv: { MODEL_DIR: folder } });
    const page = await bare.enter({ language: 'en' });
    assert.equal((await page.goto('/model')).status(), 200);
    const said = await page.innerText('main');
    for (const words of ['left no measure', 'without a written card', 'by more than the costs']) assert.ok(said.includes(words), words);
    for (const path of ['/model/performance', '/model/costs?missed_cost=3']) {
        assert.equal((await page.goto(path)).status(), 200, path);
        assert.match(await page.textContent('.message'), /without a measure/);
        assert.equal(await page.locator('.tabs a').count(), 5);
    }
    assert.equal((await page.goto('/model/importance')).status(), 200);
    assert.equal(await waitForCharts(page), 3);
    assert.deepEqual(page.faults, []);
});
