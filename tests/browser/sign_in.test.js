// Getting in and out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOGIN, PASSWORD, openDashboard, signIn } from './support/dashboard.js';

const dashboard = await openDashboard({ clients: 50 });
const ask = (path, options) => fetch(dashboard.url + path, { redirect: 'manual', ...options });

/** A sign-in form's token and the cookie that belongs to it. */
async function form() {
    const answer = await ask('/sign-in');
    const token = /name="token" value="([^"]+)"/.exec(await answer.text())[1];
    return { token, cookie: answer.headers.get('set-cookie').split(';')[0] };
}

function submit(cookie, fields) {
    return ask('/sign-in', { method: 'POST', headers: cookie ? { cookie } : {}, body: new URLSearchParams(fields) });
}

test('a page asked for leads to the sign-in and back to it', async () => {
    const page = await dashboard.newPage();
    await page.goto('/clients?query=1000');
    assert.match(page.url(), /\/sign-in\?next=/);
    await signIn(page);
    await page.waitForURL('**/clients?query=1000');
    assert.deepEqual(page.faults, []);
});

test('a wrong password is told as such, and the name stays', async () => {
    const page = await dashboard.newPage();
    await page.goto('/sign-in');
    await signIn(page, { password: 'wrong' });
    assert.match(await page.textContent('[role=alert]'), /incorrect/);
    assert.equal(await page.inputValue('#login'), LOGIN);
    assert.equal(await page.inputValue('#password'), '');
    await signIn(page);
    await page.waitForURL('**/clients');
});

test('signing out ends the session', async () => {
    const page = await dashboard.enter();
    await page.click('.bar-button');
    await page.waitForURL('**/sign-in?signed-out=1');
    assert.match(await page.textContent('[role=alert]'), /déconnecté/);
    await page.goto('/clients');
    assert.match(page.url(), /\/sign-in/);
});

test('the session cookie is out of reach of scripts and other sites', async () => {
    const page = await dashboard.enter();
    const cookie = (await page.context().cookies()).find(({ name }) => name === 'clairscore');
    assert.equal(cookie.httpOnly, true);
    assert.equal(cookie.sameSite, 'Lax');
    assert.equal(cookie.path, '/');
    assert.equal(cookie.value.includes(LOGIN), false);
});

test('a forged or foreign form is refused', async () => {
    const mine = await form();
    const other = await form();
    const fields = { login: LOGIN, password: PASSWORD, next: '/' };
    for (const [cookie, token] of [[mine.cookie, other.token], [mine.cookie, ''], [undefined, mine.token]]) {
        const answer = await submit(cookie, { ...fields, token });
        assert.equal(answer.status, 403);
        assert.doesNotMatch(answer.headers.get('location') ?? '', /clients/);
    }
    assert.equal((await submit(mine.cookie, { ...fields, token: mine.token })).status, 303);
});

test('signing in gives a new session, so that a planted one is worth nothing', async () => {
    const { token, cookie } = await form();
    const answer = await submit(cookie, { token, login: LOGIN, password: PASSWORD });
    assert.notEqual(answer.headers.get('set-cookie').split(';')[0], cookie);
    assert.equal((await ask('/clients', { headers: { cookie } })).status, 303);
});

test('a cookie that was tampered with opens nothing', async () => {
    const { token, cookie } = await form();
    const answer = await submit(cookie, { token, login: LOGIN, password: PASSWORD });
    const signedIn = answer.headers.get('set-cookie').split(';')[0];
    assert.equal((await ask('/clients', { headers: { cookie: signedIn } })).status, 200);
    const changed = signedIn.slice(0, 40) + (signedIn[40] === 'A' ? 'B' : 'A') + signedIn.slice(41);
    assert.equal((await ask('/clients', { headers: { cookie: changed } })).status, 303);
});

test('afterwards one only gets to this site', async () => {
    const elsewhere = ['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)', '/a\r\nX: y', 'clients'];
    for (const next of elsewhere) {
        const { token, cookie } = await form();
        const answer = await submit(cookie, { token, login: LOGIN, password: PASSWORD, next });
        assert.equal(answer.status, 303);
        assert.equal(answer.headers.get('location'), '/', next);
    }
    const { token, cookie } = await form();
    const answer = await submit(cookie, { token, login: LOGIN, password: PASSWORD, next: '/clients?query=7' });
    assert.equal(answer.headers.get('location'), '/clients?query=7');
});

test('nobody can sign out another with a link or a foreign form', async () => {
    const page = await dashboard.enter();
    assert.equal((await page.request.get('/sign-out')).status(), 405);
    assert.equal((await page.request.post('/sign-out', { form: { token: 'guess' } })).status(), 403);
    await page.goto('/clients');
    assert.match(page.url(), /\/clients$/);
});

test('oversized forms and names are turned away', async () => {
    const { token, cookie } = await form();
    assert.equal((await submit(cookie, { token, login: 'x'.repeat(70_000), password: 'y' })).status, 413);
    assert.equal((await submit(cookie, { token, login: 'x'.repeat(1000), password: 'y' })).status, 403);
});

test('guessing is slowed down, even for who then guesses right', async () => {
    const page = await dashboard.newPage({ language: 'en' });
    await page.goto('/sign-in');
    for (let i = 0; i < 5; i++) {
        await signIn(page, { login: 'somebody', password: `guess ${i}` });
        assert.match(await page.textContent('[role=alert]'), /wrong/);
    }
    await signIn(page, { login: 'somebody', password: 'one more' });
    assert.match(await page.textContent('[role=alert]'), /Too many attempts. Try again in \d+ seconds/);
    const { token, cookie } = await form();
    const answer = await submit(cookie, { token, login: 'somebody', password: PASSWORD });
    assert.equal(answer.status, 429);
    assert.ok(Number(answer.headers.get('retry-after')) > 0);
});
