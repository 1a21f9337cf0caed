// Accounts of the accounts file, managed by its program while the dashboard runs.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { build, makeFolder, root, until } from '../api/support/backend.js';
import { openDashboard, signIn, startFrontend } from './support/dashboard.js';

const file = join(makeFolder(), 'accounts.json');
const SESSION_KEY = 'the same on both replicas, 32 characters';
const PASSWORD = 'correct horse battery staple';
const program = join(build.startsWith('/') ? '' : root, build, 'accounts');

/** Runs the program; `input` is what it reads as a password. */
const run = (args, input = '') => spawnSync(program, args, { input, env: { ACCOUNTS_FILE: file }, encoding: 'utf8' });
function manage(args, input) {
    const { status, stderr, stdout } = run(args, input);
    assert.equal(status, 0, stderr);
    return stdout;
}
manage(['add', 'zoé'], `${PASSWORD}\n`);
manage(['add', 'ana', 'analyst'], `${PASSWORD}\n`);

const env = { ACCOUNTS_FILE: file, LOGIN: '', PASSWORD: '', SESSION_KEY };
const dashboard = await openDashboard({ clients: 60, env });

async function enter(login, password = PASSWORD) {
    const page = await dashboard.newPage();
    await page.goto('/sign-in');
    await signIn(page, { login, password });
    return page;
}
/** Until the dashboard has looked at the file again, which no page tells. */
const waitForRefresh = () => new Promise((resolve) => { setTimeout(resolve, 1100); });
const isIn = async (page, url = '') => (await page.request.get(`${url}/account`, { maxRedirects: 0 })).status() === 200;

test('the pages about the model are for analysts, not for advisors', async () => {
    const advisor = await enter('zoé');
    const analyst = await enter('ana');
    for (const path of ['/model', '/model/importance', '/model/dependence?feature=EXT_MEAN', '/model/performance', '/model/costs']) {
        assert.equal((await advisor.request.get(path)).status(), 403, path);
        assert.equal((await analyst.request.get(path)).status(), 200, path);
    }
    assert.equal(await advisor.locator('.bar-nav a[href="/model"]').count(), 0);
    assert.equal(await analyst.locator('.bar-nav a[href="/model"]').count(), 1);
});

test('the file holds no password, and only its owner reads it', () => {
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const text = readFileSync(file, 'utf8');
    assert.ok(!text.includes(PASSWORD));
    assert.equal(text.match(/\$argon2id\$/g).length, 2);
});

test('an account gets in with its own role', async () => {
    const page = await enter('ana');
    await page.waitForURL('**/clients');
    await page.click('a[href="/account"]');
    const fields = await page.textContent('.fields');
    for (const part of ['ana', 'Analyste', 'local']) assert.ok(fields.includes(part), part);
});

test('what is locked does not get in, and is put out', async () => {
    const page = await enter('zoé');
    await page.waitForURL('**/clients');
    manage(['lock', 'zoé']);
    await until(async () => !await isIn(page));
    const again = await enter('zoé');
    assert.match(await again.textContent('[role=alert]'), /incorrect/);
    manage(['unlock', 'zoé']);
    await waitForRefresh();
    await signIn(again, { login: 'zoé', password: PASSWORD });
    await again.waitForURL('**/clients');
    assert.equal(await isIn(page), false); // what was ended stays ended
});

test('another password ends the sessions of the old one', async () => {
    manage(['add', 'noé'], `${PASSWORD}\n`);
    await waitForRefresh();
    const page = await enter('noé');
    await page.waitForURL('**/clients');
    manage(['change', 'noé'], 'another one altogether\n');
    await until(async () => !await isIn(page));
    const old = await enter('noé');
    assert.match(await old.textContent('[role=alert]'), /incorrect/);
    const fresh = await enter('noé', 'another one altogether');
    await fresh.waitForURL('**/clients');
});

test('signing out everywhere reaches every browser and every replica', async () => {
    manage(['add', 'éva', 'administrator'], `${PASSWORD}\n`);
    await waitForRefresh();
    const replica = await startFrontend(dashboard.backend.url, env);
    const here = await enter('éva');
    await here.waitForURL('**/clients');
    const there = await enter('éva');
    await there.waitForURL('**/clients');
    assert.ok(await isIn(there, replica.url), 'one replica’s session counts on the other');
    await here.goto('/account');
    await here.click('button[name=everywhere]');
    await here.waitForURL('**/sign-in?signed-out=1');
    assert.equal(await isIn(there), false);
    await until(async () => !await isIn(there, replica.url));
    await signIn(here, { login: 'éva', password: PASSWORD });
    await here.waitForURL('**/clients');
    assert.ok(await isIn(here, replica.url));
    manage(['sign-out', 'éva']);
    await until(async () => !await isIn(here) && !await isIn(here, replica.url));
    assert.equal(await replica.stop(), 0);
});

test('a form of another site signs nobody out', async () => {
    const page = await enter('ana');
    await page.waitForURL('**/clients');
    assert.equal((await page.request.post('/sign-out', { form: { everywhere: '1', token: 'guess' } })).status(), 403);
    assert.ok(await isIn(page));
    assert.equal((await page.request.post('/sign-out', { maxRedirects: 0, headers: { 'x-form-token': 'guess' } })).status(), 403);
    const token = /name="token" value="([^"]+)"/.exec(await (await page.request.get('/account')).text())[1];
    assert.equal((await page.request.post('/sign-out', { maxRedirects: 0, headers: { 'x-form-token': token } })).status(), 303);
    assert.equal(await isIn(page), false);
});

test('the list, and roles', () => {
    manage(['role', 'ana', 'administrator']);
    manage(['lock', 'someone', '--openid']);
    const rows = manage(['list']).split('\n').map((row) => row.trim().split(/\s+/).join(' '));
    assert.ok(rows.includes('ana administrator open'));
    assert.ok(rows.includes('someone (openid) locked'));
});

test('what is wrong is said, and nothing is written', () => {
    const before = readFileSync(file, 'utf8');
    for (const [args, input, said, code = 1] of [
        [['add', 'ana'], `${PASSWORD}\n`, 'already'],
        [['add', 'new', 'king'], `${PASSWORD}\n`, 'king'],
        [['add', 'new'], 'short\n', '12'],
        [['add', 'new'], '', 'no password'],
        [['add', 'new'], `${'x'.repeat(300)}\n`, '256'],
        [['add', ''], `${PASSWORD}\n`, 'name'],
        [['change', 'nobody'], `${PASSWORD}\n`, 'nobody'],
        [['lock', 'nobody'], '', 'nobody'],
        [['role', 'ana'], '', 'Usage', 2],
        [['change', 'ana', '--openid'], `${PASSWORD}\n`, 'Usage', 2],
        [['destroy'], '', 'Usage', 2],
        [[], '', 'Usage', 2],
    ]) {
        const { status, stderr } = run(args, input);
        assert.equal(status, code, `${args}: ${stderr}`);
        assert.ok(stderr.includes(said), `${args}: ${stderr}`);
    }
    assert.equal(readFileSync(file, 'utf8'), before);
    assert.match(execFileSync(program, ['--help'], { encoding: 'utf8' }), /Usage/);
    const { status, stderr } = spawnSync(program, ['list'], { env: {}, encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /ACCOUNTS_FILE/);
});

test('the dashboard does not start on a file that is not there or broken', async () => {
    await assert.rejects(startFrontend(dashboard.backend.url, { ...env, ACCOUNTS_FILE: `${file}.none` }), /accounts.json.none/);
    writeFileSync(`${file}.broken`, '{"accounts": 7}');
    await assert.rejects(startFrontend(dashboard.backend.url, { ...env, ACCOUNTS_FILE: `${file}.broken` }), /accounts.json.broken/);
});
