// Batches: a file is sent, checked, scored and fetched; what is wrong with it is told with line and field.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder, makePortfolio, until } from '../api/support/backend.js';
import { openDashboard } from './support/dashboard.js';

const dashboard = await openDashboard({ relayed: true });
const idle = await openDashboard({ backendEnv: { BATCH_WORKERS: '0', MAX_BATCH_BYTES: '100000' } }); // where batches wait
const folder = makeFolder();
const portfolio = makePortfolio(60, 3);
const [names, ...rows] = readFileSync(join(portfolio, 'application_train.csv'), 'utf8').trimEnd().split('\n');
const plain = rows.filter((row) => !row.includes('"'));
const plainText = (text) => text.replaceAll(/\s+/g, ' ').trim();

/** Writes a file and gives its path. */
function write(name, content) {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
}

/** A row with some fields changed. */
const change = (row, changes) => row.split(',').map((field, i) => changes[names.split(',')[i]] ?? field).join(',');

const good = write('demandes.csv', [names, ...plain].join('\n'));
const wrong = write('fautes.csv', [names, plain[0], change(plain[1], { AMT_CREDIT: 'beaucoup', NAME_CONTRACT_TYPE: 'Cash loan' }),
    plain[2], change(plain[3], { DAYS_BIRTH: '42' }), plain[4].split(',').slice(0, 7).join(',')].join('\n'));

async function send(page, files) {
    await page.goto('/batches');
    await page.setInputFiles('#files', files);
    await page.click('#send button[type=submit]');
}

const isDone = (page, word) => page.waitForFunction((wanted) => document.querySelector('#state-title')?.textContent.includes(wanted), word);
const messageOf = async (page) => plainText(await page.locator('#send-message .message').innerText());

for (const [language, words] of Object.entries({
    fr: { done: 'Terminé', number: '« beaucoup » n’est pas un nombre', near: 'Vouliez-vous dire « Cash loans »', range: '42 n’est pas compris entre −45 000 et 0', fields: 'La ligne a 7 champs' },
    en: { done: 'Done', number: '“beaucoup” is not a number', near: 'Did you mean “Cash loans”?', range: '42 is not between −45,000 and 0', fields: 'The line has 7 fields' },
})) {
    test(`${language}: a file with faults: lines, fields and what would be right; the others are scored and fetched`, async () => {
        const page = await dashboard.enter({ language });
        await send(page, wrong);
        await page.waitForURL(/\/batches\/[0-9a-f]{32}$/);
        await isDone(page, words.done);
        const told = (await page.locator('.rejected tbody tr').allInnerTexts()).map(plainText);
        assert.deepEqual(told.map((row) => Number(row.split(' ')[0])), [3, 5, 6]);
        assert.ok(told[0].includes('AMT_CREDIT') && told[0].includes(words.number) && told[0].includes(words.near), told[0]);
        assert.ok(told[1].includes('DAYS_BIRTH') && told[1].includes(words.range), told[1]);
        assert.ok(told[2].includes(words.fields), told[2]);
        assert.equal(plainText(await page.textContent('h1')), 'fautes.csv');
        const [, id] = /batches\/([0-9a-f]+)/.exec(page.url());
        const coming = page.waitForEvent('download');
        await page.click('.button--primary');
        const download = await coming;
        assert.equal(download.suggestedFilename(), language === 'fr' ? 'fautes-resultats.csv' : 'fautes-results.csv');
        const results = readFileSync(await download.path(), 'utf8');
        const { text } = await dashboard.backend.get(`/batches/${id}/results`, { headers: { accept: 'text/csv' } });
        assert.equal(results, text);
        assert.equal(results.trimEnd().split('\n').length, 6);
        const { sender, name } = (await dashboard.backend.get(`/batches/${id}`)).body;
        assert.deepEqual([sender, name], ['conseillère', 'fautes.csv']);
        assert.deepEqual(page.faults, []);
    });
}

test('fifty thousand rows go through and come back', async () => {
    const page = await dashboard.enter({ language: 'en' });
    const many = write('fifty thousand.csv', `${names}\n${Array.from({ length: 50_000 }, (_, i) => plain[i % plain.length]).join('\n')}\n`);
    await send(page, many);
    await page.waitForURL(/\/batches\/[0-9a-f]{32}$/, { timeout: 60_000 });
    await isDone(page, 'Done');
    assert.match(plainText(await page.innerText('.batch-tiles')), /Rows of the file 50,000 Rows scored 50,000 Rejected rows 0/);
    const answer = await page.request.get(`${page.url()}/results?format=ndjson`);
    assert.match(answer.headers()['content-disposition'], /filename="fifty thousand-resultats.ndjson"; filename\*=UTF-8''fifty%20thousand-resultats.ndjson/);
    const lines = (await answer.text()).trimEnd().split('\n');
    assert.equal(lines.length, 50_000);
    assert.equal(JSON.parse(lines[49_999]).line, 50_001);
});

test('what cannot be a batch is told, and the file stays chosen', async () => {
    const page = await dashboard.enter({ language: 'fr' });
    const before = (await dashboard.backend.get('/batches?limit=1')).body.batches[0]?.id;
    const cases = [
        [write('vide.csv', ''), /« vide.csv » est vide/],
        [write('classeur.xlsx', Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(3000)])), /est un classeur/],
        [write('image.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1])), /n’est pas un fichier texte/],
        [write('francais.csv', `${names.replaceAll(',', ';')}\n`), /ne sont pas séparés par des virgules/],
        [write('colonnes.csv', `${names.replace('AMT_CREDIT,', 'AMT_CREDT,')}\n${plain[0]}\n`), /AMT_CREDT Cette colonne n’existe pas. Vouliez-vous dire AMT_CREDIT \?.*AMT_CREDIT Cette colonne manque/],
        [write('bureau.csv', 'SK_ID_CURR,SK_ID_BUREAU\n1,2\n'), /accompagnent un fichier de demandes/],
    ];
    for (const [path, expected] of cases) {
        await send(page, path);
        await page.waitForSelector('#send-message .message');
        assert.match(await messageOf(page), expected);
        assert.equal(await page.evaluate(() => document.querySelector('#files').files.length), 1);
        assert.ok(await page.isEnabled('#send button[type=submit]'));
    }
    await page.goto('/batches');
    await page.click('#send button[type=submit]'); // the browser itself asks for a file
    assert.equal(new URL(page.url()).pathname, '/batches');
    assert.equal((await dashboard.backend.get('/batches?limit=1')).body.batches[0]?.id, before);
});

test('with its history files, known by their names', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await send(page, ['application_train', 'bureau', 'bureau_balance'].map((name) => join(portfolio, `${name}.csv`)));
    await page.waitForURL(/\/batches\/[0-9a-f]{32}$/);
    await isDone(page, 'Done');
    const [, id] = /batches\/([0-9a-f]+)/.exec(page.url());
    const { tables, rows: counted } = (await dashboard.backend.get(`/batches/${id}`)).body;
    assert.deepEqual(tables, ['bureau', 'bureau_balance']);
    assert.deepEqual(counted, { total: rows.length, done: rows.length, rejected: 0 });
});

test('two people at once', async () => {
    const pages = await Promise.all([dashboard.enter(), dashboard.enter()]);
    await Promise.all(pages.map((page) => send(page, good)));
    for (const page of pages) {
        await page.waitForURL(/\/batches\/[0-9a-f]{32}$/);
        await isDone(page, 'Terminé');
    }
    assert.notEqual(pages[0].url(), pages[1].url());
    await pages[0].goto('/batches');
    const listed = await pages[0].locator('.batches tbody th').allInnerTexts();
    assert.ok(listed.filter((name) => name === 'demandes.csv').length >= 2);
});

test('a backend that is lost in the middle: nothing is kept, the same file is sent again', async () => {
    const page = await dashboard.enter({ language: 'fr' });
    const large = write('grand.csv', `${names}\n${Array.from({ length: 8000 }, (_, i) => plain[i % plain.length]).join('\n')}\n`);
    const count = async () => (await dashboard.backend.get('/batches?limit=100')).body.batches.length;
    const before = await count();
    dashboard.relay.mode = 'cut';
    await send(page, large);
    await page.waitForSelector('#send-message .message');
    assert.match(await messageOf(page), /ne répond pas. Rien n’a été conservé/);
    assert.equal(await count(), before);
    dashboard.relay.mode = 'pass';
    await page.click('#send button[type=submit]');
    await page.waitForURL(/\/batches\/[0-9a-f]{32}$/);
    await isDone(page, 'Terminé');
    assert.equal(await count(), before + 1);
});

test('results that break off are no complete file', async () => {
    const page = await dashboard.enter();
    dashboard.relay.mode = 'refuse';
    const answer = await page.request.get('/batches/0123456789abcdef0123456789abcdef/results');
    dashboard.relay.mode = 'pass';
    assert.equal(answer.status(), 503);
    await until(async () => (await page.request.get('/batches')).ok()); // the breaker closes again
    assert.equal((await page.request.get('/batches/0123456789abcdef0123456789abcdef/results')).status(), 404);
    assert.equal((await page.request.get('/batches/x')).status(), 404);
});

test('a file dropped in is chosen', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto('/batches');
    await page.evaluate(([name, text]) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([text], name));
        for (const type of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
    }, ['dropped.csv', [names, plain[0]].join('\n')]);
    assert.equal(await page.evaluate(() => document.querySelector('#files').files[0].name), 'dropped.csv');
    await page.click('#send button[type=submit]');
    await page.waitForURL(/\/batches\/[0-9a-f]{32}$/);
    await isDone(page, 'Done');
    assert.equal(await page.textContent('h1'), 'dropped.csv');
});

test('without scripts: the form, its faults, the state and the results', async () => {
    const page = await dashboard.enter({ scripts: false, language: 'en' });
    await send(page, wrong);
    await page.waitForURL(/\/batches\/[0-9a-f]{32}$/);
    for (let i = 0; i < 50 && !(await page.textContent('#state-title')).includes('Done'); i++) await page.reload();
    assert.equal(await page.locator('.rejected tbody tr').count(), 3);
    await send(page, write('empty.csv', ''));
    assert.match(await messageOf(page), /“empty.csv” is empty/);
    assert.equal(await page.locator('.batches').count(), 1); // the list is there, too
});

test('the example is a file that is scored', async () => {
    const page = await dashboard.enter({ language: 'en' });
    await page.goto('/batches');
    const example = await page.request.get(await page.getAttribute('.example a', 'href'));
    assert.match(example.headers()['content-type'], /^text\/csv/);
    await send(page, write('example.csv', await example.body()));
    await page.waitForURL(/\/batches\/[0-9a-f]{32}$/);
    await isDone(page, 'Done');
    assert.match(plainText(await page.innerText('.batch-tiles')), /Rows scored 2 Rejected rows 0/);
});

test('one that waits refreshes itself, is cancelled, and has no results', async () => {
    const page = await idle.enter({ language: 'fr' });
    await send(page, wrong);
    await page.waitForURL(/\/batches\/[0-9a-f]{32}$/);
    assert.match(await page.textContent('#state-title'), /En attente|En cours/);
    assert.ok([null, '0'].includes(await page.locator('#done').getAttribute('value'))); // null: it is not known yet how many rows there are
    assert.match(await (await page.request.get(page.url())).text(), /<noscript><meta http-equiv="refresh"/);
    assert.equal((await page.request.get(`${page.url()}/results`)).status(), 409);
    await page.goto('/batches');
    assert.match(await page.innerText('.batches'), /fautes.csv\s+(En attente|En cours)/);
    await page.click('.batches a');
    await page.click('.choices button');
    await isDone(page, 'Annulé');
    assert.equal(await page.locator('.choices button').count(), 0);
    assert.deepEqual(page.faults, []);
});

test('a page that follows a batch takes its new state over and says it', async () => {
    const page = await idle.enter({ language: 'en' });
    await send(page, wrong);
    await page.waitForURL(/\/batches\/[0-9a-f]{32}$/);
    await page.focus('.choices a');
    await idle.backend.call('DELETE', new URL(page.url()).pathname);
    await isDone(page, 'Cancelled');
    assert.match(await page.textContent('#announce'), /Cancelled/);
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), '/batches');
});

test('too large: told before it is sent, and when it is sent all the same', async () => {
    const large = write('trop.csv', `${names}\n${Array.from({ length: 400 }, (_, i) => plain[i % plain.length]).join('\n')}\n`);
    const page = await idle.enter({ language: 'fr' });
    await send(page, large);
    await page.waitForSelector('#send-message .message');
    assert.match(await messageOf(page), /dépasse 97,7 ko/);
    const bare = await idle.enter({ scripts: false, language: 'fr' });
    await send(bare, large);
    assert.match(await messageOf(bare), /« trop.csv » dépasse la taille permise/);
});

test('what no page of ours asks for is not taken', async () => {
    const page = await idle.enter();
    const count = async () => (await idle.backend.get('/batches?limit=100')).body.batches.length;
    const before = await count();
    const multipart = { files: { name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from([names, plain[0]].join('\n')) } };
    for (const path of ['/batches', '/batches?token=x']) assert.equal((await page.request.post(path, { multipart })).status(), 403);
    const visitor = await idle.newPage();
    assert.match((await visitor.request.post('/batches', { multipart, maxRedirects: 0 })).headers().location, /^\/sign-in/);
    await page.goto('/batches');
    const action = await page.getAttribute('#send', 'action');
    assert.equal((await page.request.post(action, { data: 'SK_ID_CURR\n', headers: { 'content-type': 'text/csv' } })).status(), 415);
    assert.equal(await count(), before);
    // Sent twice by one form it is one batch.
    const urls = [];
    for (let i = 0; i < 2; i++) urls.push((await page.request.post(action, { multipart })).url());
    assert.equal(urls[0], urls[1]);
    assert.equal(await count(), before + 1);
});
