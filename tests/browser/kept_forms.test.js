// A session ends while somebody types: nothing typed is lost, nothing is sent by itself, nobody gets a colleague's words.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { build, makeFolder, root, until } from '../api/support/backend.js';
import { openDashboard, signIn } from './support/dashboard.js';

const file = join(makeFolder(), 'accounts.json');
const PASSWORD = 'correct horse battery staple';
const manage = (...args) => execFileSync(join(build.startsWith('/') ? '' : root, build, 'accounts'), args,
    { input: `${PASSWORD}\n`, env: { ACCOUNTS_FILE: file } });
for (const login of ['zoé', 'éva']) manage('add', login, 'advisor');

const dashboard = await openDashboard({ clients: 80, env: { ACCOUNTS_FILE: file } });
const { body: { clients } } = await dashboard.backend.get('/clients?limit=60');
const address = (client) => `/clients/${client.client_id}/decide`;
const MOTIVE = 'Caution des parents,\n« dossier » vérifié & complet';
const decisionsAbout = dashboard.decisionsAbout;

/** Somebody halfway through the form about a client nobody has decided about. */
async function halfway({ login = 'zoé', ...options } = {}) {
    const client = clients.pop();
    const page = await dashboard.enter({ login, password: PASSWORD, ...options });
    await page.goto(address(client));
    await page.check('input[value=refused]');
    await page.fill('#motive', MOTIVE);
    return { client, page };
}
const send = (page) => page.click('.decide-form button');
async function checkThere(page) {
    await page.waitForSelector('#kept-title');
    assert.equal(await page.inputValue('#motive'), MOTIVE);
    assert.ok(await page.isChecked('input[value=refused]'));
}

for (const scripts of [true, false])
    test(`${scripts ? 'with' : 'without'} scripts: the session ended elsewhere; after signing in the form is there again`, async () => {
        const { client, page } = await halfway({ scripts });
        manage('sign-out', 'zoé');
        await until(async () => (await page.request.get('/account', { maxRedirects: 0 })).status() === 303);
        await send(page);
        await page.waitForURL('**/sign-in?*');
        assert.match(await page.textContent('[role=alert]'), /Rien n’est perdu/);
        await signIn(page, { login: 'zoé', password: PASSWORD });
        await page.waitForURL(`**${address(client)}`);
        await checkThere(page);
        assert.equal((await decisionsAbout(client)).length, 0, 'nothing is sent by itself');
        await page.reload();
        await checkThere(page);
        await send(page);
        await page.waitForURL('**/decide?recorded=*');
        assert.equal((await decisionsAbout(client))[0].motive, MOTIVE);
        await page.goto(address(client));
        assert.equal(await page.locator('#kept-title').count(), 0);
        assert.equal(await page.inputValue('#motive'), '');
    });

test('the session is gone altogether', async () => {
    const { client, page } = await halfway();
    await page.context().clearCookies();
    await send(page);
    await signIn(page, { login: 'zoé', password: PASSWORD });
    await page.waitForURL(`**${address(client)}`);
    await checkThere(page);
    await page.click('#kept-title ~ p a');
    await page.waitForURL('**/decide?fresh=1');
    assert.equal(await page.inputValue('#motive'), '');
    await page.goto(address(client));
    assert.equal(await page.locator('#kept-title').count(), 0);
});

test('another session began in another tab', async () => {
    const { client, page } = await halfway();
    const tab = await page.context().newPage();
    await tab.goto('/account');
    await tab.click('.bar-button');
    await tab.waitForURL('**/sign-in?signed-out=1');
    await signIn(tab, { login: 'zoé', password: PASSWORD });
    await tab.waitForURL('**/clients');
    await send(page);
    await checkThere(page);
    assert.equal((await decisionsAbout(client)).length, 0);
    await send(page);
    await page.waitForURL('**/decide?recorded=*');
});

test('a colleague decided meanwhile: that is told on sending, not passed over', async () => {
    const { client, page } = await halfway();
    await page.context().clearCookies();
    await send(page);
    await dashboard.decide(client, 'refused', { motive: 'Incomplet' });
    await signIn(page, { login: 'zoé', password: PASSWORD });
    await checkThere(page);
    await send(page);
    assert.match(await page.textContent('.notice--warning'), /Incomplet/);
});

test('who signs in as another gets nothing of it', async () => {
    const { client, page } = await halfway();
    await page.context().clearCookies();
    await send(page);
    await signIn(page, { login: 'éva', password: PASSWORD });
    await page.waitForURL(`**${address(client)}`);
    assert.match(await page.textContent('main'), /effacé sans être envoyé/);
    assert.equal(await page.inputValue('#motive'), '');
    assert.equal((await page.context().cookies()).filter(({ name }) => name.startsWith('clairscore-kept')).length, 0);
});

test('a form of one account that is sent by another is neither taken nor kept', async () => {
    const { client, page } = await halfway();
    const tab = await page.context().newPage();
    await tab.goto('/account');
    await tab.click('.bar-button');
    await tab.waitForURL('**/sign-in?signed-out=1');
    await signIn(tab, { login: 'éva', password: PASSWORD });
    await tab.waitForURL('**/clients');
    await send(page);
    assert.match(await page.textContent('h1'), /autre compte/);
    await page.goto(address(client));
    assert.equal(await page.inputValue('#motive'), '');
    assert.equal((await decisionsAbout(client)).length, 0);
});

test('what other sites send is never shown as what was typed', async () => {
    const client = clients.pop();
    for (const stamp of [undefined, '', 'guess']) {
        const answer = await fetch(dashboard.url + address(client), { method: 'POST', redirect: 'manual', body: new URLSearchParams({ decision: 'granted', motive: 'planted', ...stamp !== undefined && { stamp } }) });
        assert.equal(answer.status, 303);
        assert.equal(answer.headers.get('location'), '/sign-in');
        assert.doesNotMatch(answer.headers.get('set-cookie') ?? '', /kept/);
    }
});

test('the cookie belongs to its page, hides what it holds and does not last', async () => {
    const { client, page } = await halfway();
    await page.context().clearCookies();
    await send(page);
    const kept = (await page.context().cookies(dashboard.url + address(client))).find(({ name }) => name === 'clairscore-kept');
    assert.deepEqual([kept.path, kept.httpOnly, kept.sameSite], [address(client), true, 'Lax']);
    assert.ok(kept.expires - Date.now() / 1000 <= 1800);
    assert.doesNotMatch(Buffer.from(kept.value, 'base64url').toString('latin1'), /Caution/);
    // At another client's page it is nothing.
    const other = address(clients.pop());
    await page.context().addCookies([{ ...kept, path: other }]);
    await signIn(page, { login: 'zoé', password: PASSWORD });
    await page.goto(other);
    assert.equal(await page.inputValue('#motive'), '');
});

test('what is longer than the browser keeps is said to be', async () => {
    const { page } = await halfway();
    await page.evaluate(() => {
        document.querySelector('#motive').removeAttribute('maxlength');
        document.querySelector('#motive').value = 'x'.repeat(6000);
    });
    await page.context().clearCookies();
    await send(page);
    assert.match(await page.textContent('[role=alert]'), /trop longue pour être conservée/);
});

test('the longest motive is kept', async () => {
    const { client, page } = await halfway();
    const motive = 'é'.repeat(2000);
    await page.fill('#motive', motive);
    await page.context().clearCookies();
    await send(page);
    await signIn(page, { login: 'zoé', password: PASSWORD });
    await page.waitForURL(`**${address(client)}`);
    assert.equal(await page.inputValue('#motive'), motive);
});

test('who only looks is told that the session has ended, and comes back to the page', async () => {
    const page = await dashboard.enter({ login: 'éva', password: PASSWORD });
    manage('sign-out', 'éva');
    await until(async () => (await page.request.get('/account', { maxRedirects: 0 })).status() === 303);
    await page.goto('/glossary?q=revenu');
    assert.match(await page.textContent('[role=alert]'), /autre appareil ou par un administrateur/);
    await signIn(page, { login: 'éva', password: PASSWORD });
    await page.waitForURL('**/glossary?q=revenu');
});
