// Who may open what: the pages of each role, what its navigation offers, and what it gets of the others.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { build, makeFolder, root } from '../api/support/backend.js';
import { openDashboard } from './support/dashboard.js';

const file = join(makeFolder(), 'accounts.json');
const PASSWORD = 'correct horse battery staple';
const roles = ['advisor', 'analyst', 'administrator'];
for (const role of roles)
    execFileSync(join(build.startsWith('/') ? '' : root, build, 'accounts'), ['add', `of ${role}`, role], { input: `${PASSWORD}\n`, env: { ACCOUNTS_FILE: file } });
const dashboard = await openDashboard({ clients: 60, env: { ACCOUNTS_FILE: file, LOGIN: '', PASSWORD: '' } });
const { client_id: id } = await dashboard.clientThatIs('granted');
await dashboard.decide({ client_id: id }, 'granted');

/** Pages, and the roles that may open them. */
const everybody = roles, deciders = ['advisor', 'administrator'], analysts = ['analyst', 'administrator'];
const pages = {
    '/clients': everybody, '/glossary': everybody, '/account': everybody,
    [`/clients/${id}`]: everybody, [`/clients/${id}/compare`]: everybody, [`/clients/${id}/simulate`]: everybody,
    [`/clients/${id}/decide`]: deciders, [`/clients/${id}/letter`]: deciders,
    '/model': analysts, '/monitoring': analysts, '/batches': analysts,
};
const offered = {
    advisor: ['/clients', '/glossary', '/account'],
    analyst: ['/clients', '/batches', '/model', '/monitoring', '/glossary', '/account'],
    administrator: ['/clients', '/batches', '/model', '/monitoring', '/glossary', '/account'],
};

for (const role of roles)
    for (const language of ['fr', 'en'])
        test(`${language}: what an ${role} may open`, async () => {
            const page = await dashboard.enter({ language, login: `of ${role}`, password: PASSWORD });
            const links = await page.locator('.bar-nav > a:not([hreflang])').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
            assert.deepEqual(links, offered[role]);
            for (const [path, allowed] of Object.entries(pages)) {
                const answer = await page.goto(path);
                assert.equal(answer.status(), allowed.includes(role) ? 200 : 403, path);
                if (!allowed.includes(role)) {
                    assert.equal(await page.textContent('h1'), language === 'fr' ? 'Accès réservé' : 'Access reserved');
                    assert.ok(await page.isVisible('main a[href="/clients"]'));
                }
            }
            await page.goto(`/clients/${id}`);
            assert.equal(await page.locator('.tabs a[href$="/decide"]').count(), deciders.includes(role) ? 1 : 0);
        });

test('an analyst’s decision is refused however it is sent', async () => {
    const page = await dashboard.enter({ login: 'of analyst', password: PASSWORD });
    const token = /name="token" value="([^"]+)"/.exec(await (await page.request.get('/account')).text())[1];
    const answer = await page.request.post(`/clients/${id}/decide`, { form: { token, decision: 'refused', motive: 'x' } });
    assert.equal(answer.status(), 403);
    assert.equal((await dashboard.decisionsAbout({ client_id: id })).length, 1);
});

test('a visitor is sent to sign in from each of them', async () => {
    for (const path of Object.keys(pages)) {
        const answer = await fetch(dashboard.url + path, { redirect: 'manual' });
        assert.equal(answer.status, 303, path);
        assert.equal(answer.headers.get('location'), `/sign-in?next=${encodeURIComponent(path)}`);
    }
});
