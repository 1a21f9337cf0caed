// Signing in with an OpenID provider: a real glewlwyd in the browser, and one that tells lies.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, test } from 'node:test';
import { freePort, until } from '../api/support/backend.js';
import { hasGlewlwyd, makeKey, makeToken, publicHalf, startGlewlwyd, startProvider } from '../api/support/provider.js';
import { openDashboard, startFrontend } from './support/dashboard.js';

const SECRET = 'of the dashboard & <all>', KEY = makeKey('RS256', 'first');

async function settings(issuer) {
    const PORT = String(await freePort());
    return {
        PORT, OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'dashboard', OIDC_CLIENT_SECRET: SECRET,
        OIDC_REDIRECT_URL: `http://127.0.0.1:${PORT}/sign-in/openid/done`,
    };
}

// ---- A provider that says what it is told

const provider = await startProvider([KEY]);
let claims, sign, asked, methods;
provider.answer = (request, response) => {
    let body = '';
    request.on('data', (chunk) => { body += chunk; });
    request.on('end', () => {
        const { issuer } = provider;
        response.setHeader('content-type', 'application/json');
        if (request.url === '/token') asked = { headers: request.headers, form: new URLSearchParams(body) };
        response.end(JSON.stringify({
            '/jwks': { keys: provider.keys.map(publicHalf) },
            '/token': { access_token: 'x', token_type: 'bearer', id_token: claims && sign(claims) },
        }[request.url] ?? { issuer, jwks_uri: `${issuer}/jwks`, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`,
            token_endpoint_auth_methods_supported: methods }));
    });
};
const dashboard = await openDashboard({ clients: 60, env: { LOGIN: 'conseillère', ...await settings(provider.issuer) } });
after(() => provider.stop());

const ask = (path, headers = {}, url = dashboard.url) => fetch(url + path, { redirect: 'manual', headers });
const cookieOf = (answer, name) => answer.headers.getSetCookie?.().find((line) => line.startsWith(`${name}=`))?.split(';')[0]
    ?? new RegExp(`(?:^|, )(${name}=[^;]*)`).exec(answer.headers.get('set-cookie') ?? '')?.[1];

/** Off to the provider: what it is told, and the cookie that remembers. */
async function leave(next = '/clients?query=1', url = dashboard.url) {
    const answer = await ask(`/sign-in/openid?next=${encodeURIComponent(next)}`, {}, url);
    assert.equal(answer.status, 303);
    const { searchParams, pathname } = new URL(answer.headers.get('location'));
    return { asks: searchParams, pathname, cookie: cookieOf(answer, 'clairscore-openid'), answer };
}

/** And back with a token of these claims. */
async function comeBack(changes = {}, { signed = (what) => makeToken(KEY, what, { header: { typ: 'JWT' } }), state, cookie, url } = {}) {
    const journey = await leave('/clients?query=1', url);
    const now = Math.floor(Date.now() / 1000);
    claims = {
        iss: provider.issuer, aud: 'dashboard', sub: '1', iat: now, exp: now + 300, nonce: journey.asks.get('nonce'),
        preferred_username: 'alice', roles: ['advisor'], ...changes,
    };
    sign = signed;
    return ask(`/sign-in/openid/done?code=abc&state=${encodeURIComponent(state ?? journey.asks.get('state'))}`, { cookie: cookie ?? journey.cookie }, url);
}

test('what the provider is asked', async () => {
    const { asks, pathname, answer } = await leave();
    assert.equal(pathname, '/auth');
    assert.equal(asks.get('response_type'), 'code');
    assert.equal(asks.get('client_id'), 'dashboard');
    assert.equal(asks.get('redirect_uri'), `${dashboard.url}/sign-in/openid/done`);
    assert.ok(asks.get('scope').split(' ').includes('openid'));
    assert.equal(asks.get('code_challenge_method'), 'S256');
    assert.match(answer.headers.get('set-cookie'), /clairscore-openid=[^;]+;.*HttpOnly/i);
    const again = await leave();
    for (const name of ['state', 'nonce', 'code_challenge']) assert.notEqual(asks.get(name), again.asks.get(name), name);
});

test('a good token lets its bearer in, with its role, to the page first asked for', async () => {
    const answer = await comeBack({ roles: ['other', 'advisor', 'analyst'] });
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.get('location'), '/clients?query=1');
    assert.equal(asked.form.get('grant_type'), 'authorization_code');
    assert.equal(asked.form.get('code'), 'abc');
    assert.match(asked.form.get('code_verifier'), /^[\w~.-]{43,128}$/);
    assert.equal(decodeURIComponent(atob(asked.headers.authorization.slice(6)).replaceAll('+', ' ')), `dashboard:${SECRET}`);
    const page = await (await ask('/account', { cookie: cookieOf(answer, 'clairscore') })).text();
    assert.match(page, /alice/);
    assert.match(page, /Analyste/);
    assert.match(page, /de la banque/);
});

const now = Math.floor(Date.now() / 1000);
const lies = {
    'of another issuer': { iss: 'https://elsewhere.example' },
    'for another client': { aud: 'other' },
    'for several, without saying for whom': { aud: ['dashboard', 'other'] },
    'for several, and given to another': { aud: ['dashboard', 'other'], azp: 'other' },
    'that has expired': { exp: now - 300 },
    'without an end': { exp: undefined },
    'from the future': { iat: now + 3600 },
    'for another signing in': { nonce: 'of another' },
    'without a nonce': { nonce: undefined },
    'that names nobody': { sub: undefined },
};
for (const [what, changes] of Object.entries(lies))
    test(`a token ${what} is refused`, async () => {
        const answer = await comeBack(changes);
        assert.equal(answer.status, 403);
        assert.match(await answer.text(), /n’a pas abouti/);
        assert.equal((await ask('/clients', { cookie: cookieOf(answer, 'clairscore') ?? '' })).status, 303);
    });

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const forgeries = {
    'signed with another key': (what) => makeToken(makeKey('RS256', 'first'), what),
    'not signed': (what) => `${encode({ alg: 'none' })}.${encode(what)}.`,
    'signed with the shared secret': (what) => {
        const text = `${encode({ alg: 'HS256' })}.${encode(what)}`;
        return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`;
    },
    'changed afterwards': (what) => {
        const [head, , signature] = makeToken(KEY, what).split('.');
        return `${head}.${encode({ ...what, roles: ['administrator'] })}.${signature}`;
    },
    'signed with a key that it brings along': (what) => {
        const own = makeKey('RS256', 'own');
        return makeToken(own, what, { header: { jwk: publicHalf(own) } });
    },
    'of nonsense': () => 'a.b.c',
};
for (const [what, signed] of Object.entries(forgeries))
    test(`a token ${what} is refused`, async () => {
        assert.equal((await comeBack({}, { signed })).status, 403);
    });

test('several audiences are in order when the token says that it is for us', async () => {
    assert.equal((await comeBack({ aud: ['dashboard', 'other'], azp: 'dashboard' })).status, 303);
});

test('without a role or a name there is no way in', async () => {
    for (const changes of [{ roles: [] }, { roles: undefined }, { roles: ['king'] }, { roles: { advisor: true } }, { preferred_username: '' },
        { preferred_username: 'x'.repeat(100) }, { preferred_username: 'a\nb' }]) {
        const answer = await comeBack(changes);
        assert.equal(answer.status, 403, JSON.stringify(changes));
        assert.match(await answer.text(), /Demandez un rôle/);
    }
    assert.equal((await comeBack({ roles: 'administrator' })).status, 303);
});

test('only the browser that left may come back, once', async () => {
    assert.equal((await comeBack({}, { state: 'guess' })).status, 403);
    assert.equal((await comeBack({}, { cookie: 'clairscore-openid=forged' })).status, 403);
    assert.equal((await comeBack({}, { cookie: 'other=1' })).status, 403);
    const { cookie } = await leave();
    assert.equal((await comeBack({}, { cookie })).status, 403);
    const answer = await comeBack();
    assert.match(answer.headers.get('set-cookie'), /clairscore-openid=;/);
});

test('a form whose session has ended is there again after signing in with the provider', async () => {
    const { client_id: id } = await dashboard.clientThatIs('granted');
    const path = `/clients/${id}/decide`;
    const session = cookieOf(await comeBack(), 'clairscore');
    const form = await (await ask(path, { cookie: session })).text();
    const [, stamp] = /name="stamp" value="([^"]+)"/.exec(form);
    const lost = await fetch(dashboard.url + path, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ stamp, decision: 'refused', motive: 'tapé avant' }) });
    assert.equal(lost.status, 303);
    const kept = cookieOf(lost, 'clairscore-kept');
    const page = await (await ask(lost.headers.get('location'))).text();
    const [, onwards] = /href="(\/sign-in\/openid\?next=[^"]+)"/.exec(page);
    assert.equal(new URL(onwards, dashboard.url).searchParams.get('next'), path);
    const again = cookieOf(await comeBack(), 'clairscore');
    assert.match(await (await ask(path, { cookie: `${again}; ${kept}` })).text(), /tapé avant<\/textarea>/);
    // A local account of the same name is somebody else.
    const other = cookieOf(await comeBack({ preferred_username: 'bob' }), 'clairscore');
    assert.doesNotMatch(await (await ask(path, { cookie: `${other}; ${kept}` })).text(), /tapé avant/);
});

test('a refusal of the provider is told as such', async () => {
    const { asks, cookie } = await leave();
    const answer = await ask(`/sign-in/openid/done?error=access_denied&state=${asks.get('state')}`, { cookie });
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /n’a pas abouti/);
});

test('signing out everywhere ends the session here, and not that of a local account of the name', async () => {
    const cookie = cookieOf(await comeBack({ preferred_username: 'conseillère' }), 'clairscore');
    const other = cookieOf(await comeBack({ preferred_username: 'conseillère' }), 'clairscore');
    const local = await dashboard.enter();
    const token = /name="token" value="([^"]+)"/.exec(await (await ask('/account', { cookie })).text())[1];
    const answer = await fetch(`${dashboard.url}/sign-out`, { method: 'POST', redirect: 'manual', headers: { cookie }, body: new URLSearchParams({ token, everywhere: '1' }) });
    assert.equal(answer.status, 303);
    for (const ended of [cookie, other]) assert.equal((await ask('/account', { cookie: ended })).status, 303);
    assert.equal((await local.request.get('/account', { maxRedirects: 0 })).status(), 200);
});

test('a key that is new to the dashboard is fetched', async () => {
    const fresh = makeKey('ES256', 'second');
    provider.keys = [fresh];
    try {
        await until(async () => (await comeBack({}, { signed: (what) => makeToken(fresh, what) })).status === 303);
    } finally {
        provider.keys = [KEY];
    }
});

test('a provider that is away does not keep local accounts out', async () => {
    const { answer } = provider;
    provider.answer = (request, response) => { response.statusCode = 503; response.end(); };
    const frontend = await startFrontend(dashboard.backend.url, await settings(provider.issuer));
    const page = await fetch(`${frontend.url}/sign-in/openid`, { redirect: 'manual' });
    assert.equal(page.status, 503);
    const text = await page.text();
    assert.match(text, /annuaire de la banque ne répond pas/);
    assert.match(text, /id="password"/);
    provider.answer = answer;
    assert.equal(await frontend.stop(), 0);
});

test('a provider that takes the secret in the form only gets it there; without a secret the name is enough', async () => {
    methods = ['client_secret_post'];
    for (const secret of [SECRET, '']) {
        const frontend = await startFrontend(dashboard.backend.url, { ...await settings(provider.issuer), OIDC_CLIENT_SECRET: secret });
        assert.equal((await comeBack({}, { url: frontend.url })).status, 303);
        assert.equal(asked.headers.authorization, undefined);
        assert.equal(asked.form.get('client_id'), 'dashboard');
        assert.equal(asked.form.get('client_secret'), secret || null);
        assert.equal(await frontend.stop(), 0);
    }
    methods = undefined;
});

test('what is set wrongly is named at the start; the provider alone is enough', async () => {
    const right = await settings(provider.issuer);
    for (const [env, said] of [[{ OIDC_ISSUER: 'http://elsewhere.example' }, 'OIDC_ISSUER'], [{ OIDC_CLIENT_ID: '' }, 'OIDC_CLIENT_ID'],
        [{ OIDC_REDIRECT_URL: 'https://x/other' }, 'OIDC_REDIRECT_URL'], [{ OIDC_REDIRECT_URL: '' }, 'OIDC_REDIRECT_URL']])
        await assert.rejects(startFrontend(dashboard.backend.url, { ...right, ...env }), (error) => error.message.includes(said), said);
    const frontend = await startFrontend(dashboard.backend.url, { ...right, LOGIN: '', PASSWORD: '' });
    const text = await (await fetch(`${frontend.url}/sign-in`)).text();
    assert.match(text, /href="\/sign-in\/openid"/);
    assert.doesNotMatch(text, /id="password"/);
    assert.equal(await frontend.stop(), 0);
});

test('without a provider there is no such way', async () => {
    const frontend = await startFrontend(dashboard.backend.url);
    assert.equal((await fetch(`${frontend.url}/sign-in/openid`, { redirect: 'manual' })).status, 404);
    assert.equal((await fetch(`${frontend.url}/sign-in/openid/done?state=x&code=y`, { redirect: 'manual' })).status, 404);
    assert.doesNotMatch(await (await fetch(`${frontend.url}/sign-in`)).text(), /openid/);
    assert.equal(await frontend.stop(), 0);
});

// ---- A real one

test('in the browser, by way of glewlwyd', { skip: hasGlewlwyd ? false : 'glewlwyd is not installed' }, async () => {
    const glewlwyd = await startGlewlwyd([makeKey('RS256', 'of glewlwyd')]);
    const env = { ...await settings(glewlwyd.issuer), OIDC_CLIENT_SECRET: 'of-the-dashboard' };
    await glewlwyd.addDashboard(env.OIDC_REDIRECT_URL, env.OIDC_CLIENT_SECRET);
    await glewlwyd.addPerson('alice', 'a password of hers', ['other', 'analyst']);
    await glewlwyd.addPerson('bob', 'a password of his', ['other']);
    const frontend = await startFrontend(dashboard.backend.url, env);

    const signInThere = async (name, password) => {
        const page = await dashboard.newPage();
        await page.goto(`${frontend.url}/clients?query=1`);
        await page.click('a[href^="/sign-in/openid"]');
        await page.fill('#username', name);
        await page.fill('#password', password);
        await page.click('#loginbut');
        await page.click('.carousel-item .btn-primary'); // grants the scope
        await page.click('.card-footer .btn-success'); // goes on
        return page;
    };
    const alice = await signInThere('alice', 'a password of hers');
    await alice.waitForURL(`${frontend.url}/clients?query=1`);
    await alice.goto(`${frontend.url}/account`);
    const fields = await alice.textContent('.fields');
    assert.match(fields, /alice/);
    assert.match(fields, /Analyste/);
    const bob = await signInThere('bob', 'a password of his');
    await bob.waitForURL(`${frontend.url}/sign-in/openid/done**`);
    assert.match(await bob.textContent('[role=alert]'), /Demandez un rôle/);
    assert.equal(await frontend.stop(), 0);
    await glewlwyd.stop();
});
