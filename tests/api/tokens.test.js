// Access tokens of an OpenID provider: those of a real glewlwyd are accepted, everything else is not.
import assert from 'node:assert/strict';
import { createHmac, createPublicKey } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { KEY, importPortfolio, makeDatabase, makePortfolio, startBackend, until } from './support/backend.js';
import { AUDIENCE, hasGlewlwyd, makeClaims, makeKey, makeToken, publicHalf, startGlewlwyd, startProvider } from './support/provider.js';

let database;
before(() => {
    database = makeDatabase();
    importPortfolio(makePortfolio(50), database);
});

const fetched = (backend) => until(() => backend.log.includes('issuer_keys_fetched'));
const start = (issuer, env = {}) => startBackend({ database, env: { OIDC_ISSUER: issuer, OIDC_AUDIENCE: AUDIENCE, ...env } });
const refused = async (backend, token, detail) => {
    const answer = await backend.get('/clients', { key: token });
    assert.equal(answer.status, 401, answer.text);
    assert.match(answer.body.detail, detail);
    assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="clairscore", error="invalid_token"');
    assert.ok(!backend.log.includes(token));
};

describe('glewlwyd', { skip: !hasGlewlwyd && 'glewlwyd is not installed' }, () => {
    const keys = [makeKey('RS256', 'first')];
    let glewlwyd;
    let backend;
    before(async () => {
        glewlwyd = await startGlewlwyd(keys);
        backend = await start(glewlwyd.issuer);
        await fetched(backend);
    });
    after(async () => {
        await backend?.stop();
        await glewlwyd?.stop();
    });

    test('its tokens open what their scopes say', async () => {
        const key = await glewlwyd.token('score read');
        assert.equal((await backend.get('/clients', { key })).status, 200);
        assert.equal((await backend.post('/predict', { features: {} }, { key })).status, 200);
        const reader = await glewlwyd.token('read');
        const answer = await backend.post('/predict', { features: {} }, { key: reader });
        assert.equal(answer.status, 403);
        assert.match(answer.body.detail, /score/);
        assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="clairscore", error="insufficient_scope", scope="score"');
    });

    test('records of decisions name the subject', async () => {
        const [{ client_id: client, decision }] = (await backend.get('/clients?limit=1')).body.clients;
        const answer = await backend.post('/decisions', { client_id: client, decision, advisor: 'm.durand' }, { key: await glewlwyd.token('decide') });
        assert.equal(answer.status, 201, answer.text);
        assert.equal(answer.body.identity, 'token:portal');
    });

    test('a token for another service is refused', async () =>
        refused(backend, await glewlwyd.token('read', 'https://other.example'), /audience/));

    test('API keys work beside tokens', async () => assert.equal((await backend.get('/clients', { key: KEY })).status, 200));

    test('one that its keys signed but that is not as it should be is refused', async () => {
        const claims = makeClaims(glewlwyd.issuer);
        assert.equal((await backend.get('/clients', { key: makeToken(keys[0], claims) })).status, 200);
        await refused(backend, makeToken(keys[0], { ...claims, exp: claims.iat - 3600 }), /expired/);
        await refused(backend, makeToken(keys[0], { ...claims, iss: 'https://elsewhere.example' }), /issuer/);
    });

    test('it changes its key', { timeout: 60_000 }, async () => {
        await glewlwyd.rotate([makeKey('ES256', 'second')]);
        const key = await glewlwyd.token('read');
        let answer;
        await until(async () => {
            answer = await backend.get('/clients', { key });
            return answer.status !== 503 && answer.status !== 401;
        }, 25_000);
        assert.equal(answer.status, 200);
        await refused(backend, makeToken(keys[0], makeClaims(glewlwyd.issuer)), /does not have/);
    });
});

describe('whatever else comes', () => {
    const keys = ['RS256', 'PS256', 'ES256', 'EdDSA'].map((alg) => makeKey(alg, `key ${alg}`));
    const [rsa, , ec] = keys;
    let provider;
    let backend;
    before(async () => {
        provider = await startProvider([...keys, makeKey('RS256', 'weak', ['rsa', { modulusLength: 1024 }]), makeKey('ES256', 'other curve', ['ec', { namedCurve: 'secp256k1' }]),
            { kty: 'oct', kid: 'shared', k: Buffer.from('a secret that is not one at all!').toString('base64url'), alg: 'HS256' }, { nonsense: true }]);
        backend = await start(provider.issuer);
        await fetched(backend);
    });
    after(async () => {
        await backend?.stop();
        provider?.stop();
    });
    const claims = (changes) => makeClaims(provider.issuer, changes);
    const soon = (seconds) => Math.floor(Date.now() / 1000) + seconds;

    for (const key of keys)
        test(`${key.alg} is accepted`, async () => {
            const answer = await backend.get('/clients', { key: makeToken(key, claims()) });
            assert.equal(answer.status, 200, answer.text);
        });

    test('several audiences, unknown scopes, no typ, clocks that differ by some seconds', async () => {
        for (const token of [makeToken(rsa, claims({ aud: ['https://other.example', AUDIENCE] })), makeToken(rsa, claims({ scope: 'openid read profile' })),
            makeToken(rsa, claims(), { header: { typ: undefined } }), makeToken(rsa, claims({ typ: 'JWT' })),
            makeToken(ec, claims({ iat: soon(15), nbf: soon(15) })), makeToken(ec, claims({ exp: soon(-15) }))])
            assert.equal((await backend.get('/clients', { key: token })).status, 200);
    });

    const bad = {
        expired: [() => makeToken(rsa, claims({ exp: soon(-60) })), /expired/],
        'without an end': [() => makeToken(rsa, claims({ exp: undefined })), /exp/],
        'an end that is text': [() => makeToken(rsa, claims({ exp: String(soon(60)) })), /exp/],
        'not valid yet': [() => makeToken(rsa, claims({ nbf: soon(120) })), /not valid yet/],
        'issued in the future': [() => makeToken(rsa, claims({ iat: soon(120) })), /future/],
        'for another audience': [() => makeToken(rsa, claims({ aud: 'https://other.example' })), /audience/],
        'for an audience that begins like ours': [() => makeToken(rsa, claims({ aud: [`${AUDIENCE}/`, null, 5] })), /audience/],
        'for no audience': [() => makeToken(rsa, claims({ aud: undefined })), /audience/],
        'of another issuer': [() => makeToken(rsa, claims({ iss: `${provider.issuer}/` })), /issuer/],
        'of no issuer': [() => makeToken(rsa, claims({ iss: undefined })), /issuer/],
        'of nobody': [() => makeToken(rsa, claims({ sub: undefined, client_id: undefined })), /nobody/],
        'bound to a key of its sender': [() => makeToken(rsa, claims({ cnf: { jkt: 'x' } })), /bound/],
        'an identity token': [() => makeToken(rsa, claims(), { header: { typ: 'logout+jwt' } }), /access token/],
        'with critical extensions': [() => makeToken(rsa, claims(), { header: { crit: ['exp'] } }), /critical/],
        'unsigned (alg none)': [() => `${makeToken(rsa, claims(), { header: { alg: 'none' } }).split('.').slice(0, 2).join('.')}.`, /signed by/],
        'alg none with a signature': [() => makeToken(rsa, claims(), { header: { alg: 'none' } }), /signed by/],
        'HS256 with the public key': [() => {
            const text = makeToken(rsa, claims(), { header: { alg: 'HS256' } }).split('.').slice(0, 2).join('.');
            const pem = createPublicKey({ key: publicHalf(rsa), format: 'jwk' }).export({ type: 'spki', format: 'pem' });
            return `${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`;
        }, /signed by/],
        'HS256 with the shared secret': [() => {
            const text = makeToken(rsa, claims(), { header: { alg: 'HS256', kid: 'shared' } }).split('.').slice(0, 2).join('.');
            return `${text}.${createHmac('sha256', 'a secret that is not one at all!').update(text).digest('base64url')}`;
        }, /signed by/],
        'another algorithm than the key is for': [() => makeToken(rsa, claims(), { alg: 'PS256' }), /algorithm/],
        'another key than it says': [() => makeToken(rsa, claims(), { header: { alg: 'ES256', kid: ec.kid } }), /signature/],
        'the key in its own header': [() => {
            const own = makeKey('RS256', rsa.kid);
            return makeToken(own, claims(), { header: { jwk: publicHalf(own), jku: `${provider.issuer}/jwks` } });
        }, /signature/],
        'a weak key': [() => makeToken({ ...makeKey('RS256', 'weak') }, claims()), /does not have/],
        'claims that were changed': [() => {
            const [header, , signature] = makeToken(rsa, claims({ scope: 'read' })).split('.');
            return `${header}.${Buffer.from(JSON.stringify(claims({ scope: 'operate' }))).toString('base64url')}.${signature}`;
        }, /signature/],
        'a signature cut short': [() => makeToken(rsa, claims()).slice(0, -4), /signature|signed token/],
        'claims that are no object': [() => makeToken(rsa, [1]), /object/],
        'claims named twice': [() => makeToken(rsa, `{"iss":"${provider.issuer}","iss":"x"}`), /object/],
        'a header that is not JSON': [() => `e30x.${makeToken(rsa, claims()).split('.').slice(1).join('.')}`, /signed token/],
        'five parts': [() => 'eyJhbGciOiJSU0EtT0FFUCJ9.e30.e30.e30.e30', /not accepted/],
        'longer than a token may be': [() => makeToken(rsa, claims({ padding: 'x'.repeat(8192) })), /signed token/],
    };
    for (const [name, [make, detail]] of Object.entries(bad))
        test(name, () => refused(backend, make(), detail));

    test('keys that come into being are fetched, not more often than every five seconds', { timeout: 60_000 }, async () => {
        const young = makeKey('EdDSA', 'young');
        provider.keys = [...keys, young];
        let answer;
        await until(async () => {
            answer = await backend.get('/clients', { key: makeToken(young, claims()) });
            if (answer.status === 503) assert.equal(answer.headers.get('retry-after'), '1');
            return answer.status === 200;
        }, 25_000);
        const before = provider.requests;
        for (let i = 0; i < 50; i++) assert.equal((await backend.get('/clients', { key: makeToken({ ...rsa, kid: `unknown ${i}` }, claims()) })).status, 401);
        assert.equal(provider.requests, before);
    });

    test('while it is away its keys stay', async () => {
        provider.answer = (request, response) => { response.statusCode = 500; response.end(); };
        assert.equal((await backend.get('/clients', { key: makeToken(rsa, claims()) })).status, 200);
        provider.answer = undefined;
    });
});

describe('a provider that is not as it should be', () => {
    const key = makeKey('ES256', 'one');
    const answers = {
        'gives no JSON': [(request, response) => response.end('hello'), /issuer/],
        'names another issuer': [(request, response) => response.end('{"issuer": "https://elsewhere.example", "jwks_uri": "https://elsewhere.example/jwks"}'), /OIDC_ISSUER/],
        'sends its keys in the clear': [(request, response, issuer) => response.end(JSON.stringify({ issuer, jwks_uri: 'http://keys.example/jwks' })), /https/],
        'reads files': [(request, response, issuer) => response.end(JSON.stringify({ issuer, jwks_uri: 'file:///etc/passwd' })), /https/],
        'has no keys': [(request, response, issuer) => response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks`, keys: [] })), /no key/],
        'never ends': [(request, response) => { for (let i = 0; i < 40; i++) response.write('x'.repeat(65536)); }, /127\.0\.0\.1/],
    };
    for (const [name, [answer, cause]] of Object.entries(answers))
        test(name, async () => {
            const provider = await startProvider([key]);
            provider.answer = (request, response) => answer(request, response, provider.issuer);
            const backend = await start(provider.issuer);
            await until(() => backend.log.includes('issuer_away'));
            assert.match(backend.log.split('\n').find((line) => line.includes('issuer_away')), cause);
            const { status, headers } = await backend.get('/clients', { key: makeToken(key, makeClaims(provider.issuer)) });
            assert.equal(status, 503);
            assert.equal(headers.get('retry-after'), '1');
            assert.equal((await backend.get('/clients')).status, 200);
            await backend.stop();
            provider.stop();
        });

    test('settings that make no sense are named', async () => {
        for (const [env, cause] of [[{ OIDC_ISSUER: 'http://provider.example' }, /OIDC_ISSUER/], [{ OIDC_ISSUER: 'provider' }, /OIDC_ISSUER/],
            [{ OIDC_ISSUER: 'https://provider.example', OIDC_AUDIENCE: '' }, /OIDC_AUDIENCE/]])
            await assert.rejects(startBackend({ database, env: { OIDC_AUDIENCE: AUDIENCE, ...env } }), cause);
    });
});
