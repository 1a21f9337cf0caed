// Who may open what: the pages of each role, what its navigation offers, and what it gets of the others.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

/** Which roles have a right. */
const rights = {
    RIGHT_CLIENTS: roles, RIGHT_DECIDE: ['advisor', 'administrator'],
    RIGHT_MODEL: ['analyst', 'administrator'], RIGHT_BATCHES: ['analyst', 'administrator'],
};
/** Every page there is, the client's number filled in: [path, the right it needs or nothing, whether there surely is one]. */
const pages = [...readFileSync(join(root, 'frontend/frontend.c'), 'utf8').matchAll(/\{\.method = "GET",\s+\.path = "([^"]+)"([^}]*)\}/g)]
    .filter(([, , rest]) => !rest.includes('.open = true'))
    .map(([, path, rest]) => [path.replace('/clients/:id', `/clients/${id}`), /\.scope = (\w+)/.exec(rest)?.[1], !path.replace('/clients/:id', '').includes(':')]);
const deciders = rights.RIGHT_DECIDE;

test('each page needs a right that is known here, and those that matter are among them', () => {
    assert.ok(pages.length >= 6);
    for (const [path, right] of pages) assert.ok(!right || rights[right], `${path}: ${right}`);
    const needed = Object.fromEntries(pages);
    assert.deepEqual(['decide', 'letter'].map((page) => needed[`/clients/${id}/${page}`]), ['RIGHT_DECIDE', 'RIGHT_DECIDE']);
    assert.equal(needed['/clients'], 'RIGHT_CLIENTS');
});
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
            for (const [path, right, exists] of pages) {
                const answer = await page.goto(path);
                const may = !right || rights[right].includes(role);
                if (may && exists) assert.equal(answer.status(), 200, path);
                else assert.equal(answer.status() !== 403, may, path);
                if (!may) {
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
    for (const [path] of pages) {
        const answer = await fetch(dashboard.url + path, { redirect: 'manual' });
        assert.equal(answer.status, 303, path);
        assert.equal(answer.headers.get('location'), path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`, path);
    }
});
