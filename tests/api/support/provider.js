// OpenID providers to test against: a real glewlwyd with keys that the test knows, and one that says what it is told.
import { execFileSync, spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { freePort, makeFolder, until } from './backend.js';

export const AUDIENCE = 'https://clairscore.example';

const SCHEMA = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3';
const PAGES = '/usr/share/glewlwyd/webapp', PAGE_SETTINGS = '/etc/glewlwyd/config-2.7.json/config.json';
export const hasGlewlwyd = existsSync('/usr/bin/glewlwyd') && existsSync(SCHEMA);

const SHAPES = { RS256: ['rsa', { modulusLength: 2048 }], PS256: ['rsa', { modulusLength: 2048 }], ES256: ['ec', { namedCurve: 'P-256' }], EdDSA: ['ed25519', {}] };

/** A private key as JSON Web Key. */
export function makeKey(alg, kid, [type, options] = SHAPES[alg]) {
    return { ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), alg, kid, use: 'sig' };
}

/** The half of a key that a provider shows. */
export const publicHalf = ({ d, p, q, dp, dq, qi, ...rest }) => rest;

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signs as alg says with a private JWK, whatever the header claims. */
export function makeToken(key, claims, { alg = key.alg, header = {} } = {}) {
    const text = `${encode({ typ: 'at+jwt', alg, kid: key.kid, ...header })}.${encode(claims)}`;
    const secret = { key: createPrivateKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363', ...(alg === 'PS256' ? { padding: 6, saltLength: 32 } : {}) };
    return `${text}.${sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(text), secret).toString('base64url')}`;
}

/** Claims of a good token, with what a test changes in them. */
export function makeClaims(issuer, changes = {}) {
    const now = Math.floor(Date.now() / 1000);
    return { iss: issuer, aud: AUDIENCE, sub: 'portal', client_id: 'portal', iat: now, nbf: now, exp: now + 600, scope: 'score read', ...changes };
}

/** A provider of our own; `keys` may be changed while it runs, and so may `answer`, which serves instead when it is there. */
export async function startProvider(keys) {
    const provider = { keys, requests: 0 };
    const server = createServer((request, response) => {
        provider.requests++;
        if (provider.answer) {
            provider.answer(request, response);
            return;
        }
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(request.url === '/jwks' ? { keys: provider.keys.map(publicHalf) }
            : { issuer: provider.issuer, jwks_uri: `${provider.issuer}/jwks` }));
    });
    await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    provider.issuer = `http://127.0.0.1:${server.address().port}`;
    provider.stop = () => { server.closeAllConnections?.(); server.close(); };
    return provider;
}

/** A glewlwyd in a folder of its own that signs with `keys` (the first one), and a confidential client of it. */
export async function startGlewlwyd(keys) {
    const folder = makeFolder();
    const port = await freePort();
    const address = `http://127.0.0.1:${port}/api`;
    execFileSync('sqlite3', [`${folder}/store.db`], { input: readFileSync(SCHEMA) });
    // Debian's package puts a folder where the pages look for their settings.
    cpSync(PAGES, `${folder}/pages`, { recursive: true, dereference: true, filter: (path) => !path.endsWith('config.json') });
    cpSync(PAGE_SETTINGS, `${folder}/pages/config.json`);
    writeFileSync(`${folder}/glewlwyd.conf`, `port=${port}
bind_address="127.0.0.1"
external_url="http://127.0.0.1:${port}"
api_prefix="api"
login_url="login.html"
static_files_path="${folder}/pages/"
cookie_secure=0
log_mode="console"
log_level="WARNING"
session_expiration=3600
session_key="SESSION"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
static_files_mime_types=(
  {extension=".html"; mime_type="text/html"; compress=0;}, {extension=".css"; mime_type="text/css"; compress=0;},
  {extension=".js"; mime_type="application/javascript"; compress=0;}, {extension=".json"; mime_type="application/json"; compress=0;}
)
database={type="sqlite3"; path="${folder}/store.db";}
`);
    const child = spawn('glewlwyd', ['-c', `${folder}/glewlwyd.conf`], { stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { log += chunk; });
    const ended = new Promise((resolve) => { child.on('exit', resolve); });
    process.on('exit', () => child.kill('SIGKILL'));
    let cookie;
    await until(async () => {
        if (child.exitCode !== null) throw new Error(`glewlwyd ended: ${log}`);
        const response = await fetch(`${address}/auth/`, {
            method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username: 'admin', password: 'password' }),
        }).catch(() => undefined);
        cookie = response?.headers.get('set-cookie')?.split(';')[0];
        return response?.ok;
    });
    const administer = async (method, path, json) => {
        const response = await fetch(`${address}/${path}`, { method, headers: { cookie, 'content-type': 'application/json' }, body: json && JSON.stringify(json) });
        if (!response.ok) throw new Error(`glewlwyd: ${method} ${path}: ${response.status} ${await response.text()}`);
    };
    const plugin = (signing) => ({
        module: 'oidc', name: 'oidc', display_name: 'OpenID Connect',
        parameters: {
            iss: `${address}/oidc`, 'jwks-private': JSON.stringify({ keys: signing }), 'jwks-show': true, 'jwt-type': 'rsa', 'jwt-key-size': '256',
            'access-token-duration': 3600, 'refresh-token-duration': 3600, 'code-duration': 600, 'refresh-token-rolling': true, 'allow-non-oidc': true,
            'auth-type-client-enabled': true, 'auth-type-code-enabled': true, 'auth-type-token-enabled': false, 'auth-type-id-token-enabled': true,
            'auth-type-none-enabled': false, 'auth-type-password-enabled': false, 'auth-type-refresh-enabled': true,
            'pkce-allowed': true, 'pkce-mandatory': false, 'name-claim': 'mandatory', 'email-claim': 'no', 'scope-claim': 'no',
            claims: [
                { name: 'preferred_username', 'user-property': 'username', type: 'string', mandatory: true, 'on-demand': false },
                { name: 'roles', 'user-property': 'roles', type: 'string', mandatory: true, 'on-demand': false },
            ],
            'resource-allowed': true, 'resource-scope': Object.fromEntries(['score', 'read', 'decide', 'operate'].map((scope) => [scope, [AUDIENCE, 'https://other.example']])),
        },
    });
    await administer('POST', 'mod/plugin/', plugin(keys));
    for (const name of ['score', 'read', 'decide', 'operate'])
        await administer('POST', 'scope/', { name, display_name: name, password_required: false, scheme: {} });
    await administer('POST', 'client/', {
        client_id: 'portal', password: 'of the portal', name: 'Portal', confidential: true, enabled: true, scope: ['score', 'read', 'decide'],
        authorization_type: ['client_credentials'], redirect_uri: [], token_endpoint_auth_method: ['client_secret_basic'],
    });
    return {
        issuer: `${address}/oidc`,
        /** Lets people sign in: `redirect` is the address of the program that they sign in to, as the client "dashboard". */
        async addDashboard(redirect, secret) {
            await administer('POST', 'client/', {
                client_id: 'dashboard', password: secret, name: 'Dashboard', confidential: true, enabled: true, scope: ['openid'],
                authorization_type: ['code', 'id_token'], redirect_uri: [redirect], token_endpoint_auth_method: ['client_secret_basic'],
            });
            const parameters = { 'use-glewlwyd-connection': true, 'data-format': { roles: { multiple: true, read: true, write: true } } };
            await administer('PUT', 'mod/user/database', { module: 'database', name: 'database', display_name: 'Database', order_rank: 0, parameters });
            await administer('PUT', 'mod/user/database/reset');
        },
        /** Somebody who may sign in there. */
        addPerson(username, password, roles) {
            return administer('POST', 'user/', { username, name: username, password, roles, scope: ['openid'], enabled: true });
        },
        /** An access token for the client. */
        async token(scope, resource = AUDIENCE) {
            const response = await fetch(`${address}/oidc/token`, {
                method: 'POST', headers: { authorization: `Basic ${btoa('portal:of the portal')}` },
                body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource }),
            });
            if (!response.ok) throw new Error(`glewlwyd: ${response.status} ${await response.text()}`);
            return (await response.json()).access_token;
        },
        /** Signs with other keys from now on. */
        async rotate(signing) {
            await administer('PUT', 'mod/plugin/oidc', plugin(signing));
            await administer('PUT', 'mod/plugin/oidc/reset');
        },
        stop() {
            child.kill('SIGTERM');
            return ended;
        },
    };
}
