// The letter to the client: what it says in both languages, that it is one page of paper, and what it never says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDashboard } from './support/dashboard.js';

const HEAD = ['Banque d’Essai', '1 rue du Test', '69000 Lyon'];
const dashboard = await openDashboard({ relayed: true, env: { LETTERHEAD: HEAD.join('|') } });
const { body: { clients } } = await dashboard.backend.get('/clients?limit=100');
const granted = clients.filter(({ decision }) => decision === 'granted');
const refused = clients.filter(({ decision }) => decision === 'refused');
const plain = (text) => text.replaceAll(/\s+/g, ' ').trim();
const address = (client, rest = '') => `/clients/${client.client_id}/letter${rest}`;
const words = {
    fr: {
        refused: 'ne pas y donner de suite favorable', granted: 'de vous l’accorder', review: 'article 22 du règlement général', rights: 'articles 15 et 16 du RGPD',
        law: 'Code de la consommation', example: 'À titre d’exemple', override: 'a décidé lui-même', warning: 'Un crédit vous engage',
    },
    en: {
        refused: 'not to grant it', granted: 'we decided to grant it', review: 'article 22 of the General Data Protection', rights: 'articles 15 and 16 of the GDPR',
        law: 'Consumer Code', example: 'As an example', override: 'decided in person', warning: 'A credit commits you',
    },
};
const explain = async ({ client_id }, language) => (await dashboard.backend.post('/explain', { client_id }, { headers: { 'accept-language': language } })).body;

/** How many pages of paper a page makes. */
async function pagesOfPaper(page) {
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    return pdf.match(/\/Type\s*\/Page\b(?!s)/g).length;
}

for (const language of ['fr', 'en']) {
    test(`${language}: a refusal with its reasons, what could change it, and the client’s rights`, async () => {
        const client = refused[0];
        const { id } = await dashboard.decide(client, 'refused', { advisor: 'm.durand' });
        const page = await dashboard.enter({ language: 'fr' });
        await page.goto(address(client, `?decision=${id}&in=${language}`));
        assert.equal(await page.getAttribute('html', 'lang'), 'fr', 'the advisor goes on in French');
        assert.equal(await page.getAttribute('.letter', 'lang'), language);
        const text = plain(await page.textContent('.letter'));
        for (const part of [...HEAD, words[language].refused, words[language].review, words[language].rights, words[language].law, 'm.durand', `${client.client_id}-${id}`])
            assert.ok(text.includes(plain(part)), `${part} is not in: ${text}`);
        const { reasons } = await explain(client, language);
        const expected = reasons.filter(({ direction }) => direction === 'against').map(({ fact }) => plain(fact));
        assert.ok(expected.length > 0 && expected.length <= 4);
        assert.deepEqual((await page.locator('.letter-reasons li').allTextContents()).map(plain), expected);
        const { body: changes } = await dashboard.backend.get(`/clients/${client.client_id}/counterfactuals?limit=1&lang=${language}`);
        assert.equal(text.includes(words[language].example), changes.status === 'found');
        if (changes.status === 'found') assert.ok(text.includes(plain(changes.counterfactuals[0].text)));
        assert.deepEqual(page.faults, []);
    });

    test(`${language}: a grant with what spoke for it`, async () => {
        const client = granted[0];
        const { id } = await dashboard.decide(client, 'granted');
        const page = await dashboard.enter({ language });
        await page.goto(address(client, `?decision=${id}&in=${language}`));
        const text = plain(await page.textContent('.letter'));
        for (const part of [words[language].granted, words[language].rights, words[language].warning]) assert.ok(text.includes(part), part);
        for (const part of [words[language].review, words[language].example]) assert.ok(!text.includes(part), part);
        const { reasons } = await explain(client, language);
        assert.deepEqual((await page.locator('.letter-reasons li').allTextContents()).map(plain),
            reasons.filter(({ direction }) => direction === 'for').map(({ fact }) => plain(fact)));
    });

    test(`${language}: against the proposal; the motive only where the advisor wants it told`, async () => {
        const client = granted[1];
        const motive = 'Projet <incertain> & dossier incomplet';
        const { id } = await dashboard.decide(client, 'refused', { motive });
        const page = await dashboard.enter({ language });
        await page.goto(address(client, `?decision=${id}&in=${language}`));
        const text = plain(await page.textContent('.letter'));
        assert.ok(text.includes(words[language].override));
        assert.ok(!text.includes(motive) && !text.includes(words[language].example));
        await page.click('.letter-choices a[href*=motive]');
        assert.ok(plain(await page.textContent('.letter')).includes(motive));
        assert.equal(await page.getAttribute('.letter', 'lang'), language);
    });

    test(`${language}: one page, even with the longest reasons there are`, async () => {
        const client = refused[1];
        const motive = 'Motif '.repeat(66);
        const { id } = await dashboard.decide(client, 'granted', { motive });
        const { body: { features } } = await dashboard.backend.get(`/features?lang=${language}`);
        const longest = features.filter(({ sensitive }) => !sensitive).map(({ label, categories }) => {
            const value = (categories ?? []).map((category) => category.label ?? String(category)).sort((a, b) => b.length - a.length)[0] ?? '1 234 567,89';
            return `${label} : ${value}, contre ${value} habituellement.`;
        }).sort((a, b) => b.length - a.length).slice(0, 4);
        assert.ok(longest[3].length > 60, longest[3]);
        const page = await dashboard.enter({ language });
        for (const [decision, told] of [['refused', ''], ['granted', '&motive=1']]) {
            const shown = decision === 'refused' ? (await dashboard.decide(client, 'refused')).id : id;
            await page.goto(address(client, `?decision=${shown}&in=${language}${told}`));
            await page.fill('.letter-address', 'Madame Marie-Antoinette de La Rochefoucauld\nRésidence des Acacias\n128 bis avenue du Général-de-Gaulle\n69100 Villeurbanne');
            await page.evaluate(([reasons, example]) => {
                const list = document.querySelector('.letter-reasons');
                list.replaceChildren(...reasons.map((text) => Object.assign(document.createElement('li'), { textContent: text })));
                // The longest example, too, several changes at once.
                if (example) list.insertAdjacentHTML('afterend', `<h2>Exemple</h2><p>${'Demander un crédit de 1 234 567 au lieu de 2 345 678. '.repeat(5)}</p>`);
            }, [longest, decision === 'refused']);
            assert.equal(await pagesOfPaper(page), 1, decision);
        }
    });
}

test('no reason is sensitive or unknown to the catalogue', async () => {
    const { body: { features } } = await dashboard.backend.get('/features?lang=fr');
    const labels = features.filter(({ sensitive }) => sensitive).map(({ label }) => plain(label));
    const page = await dashboard.enter();
    for (const client of [...refused.slice(0, 8), ...granted.slice(0, 4)]) {
        await dashboard.decide(client, client.decision);
        await page.goto(address(client));
        const shown = (await page.locator('.letter-reasons li').allTextContents()).map(plain);
        assert.ok(shown.length >= 1 && shown.length <= 4);
        for (const reason of shown) {
            assert.doesNotMatch(reason, /[A-Z]{2,}_[A-Z]/);
            assert.ok(!labels.some((label) => reason.startsWith(`${label} :`)), reason);
        }
    }
});

test('when file or model have changed since, the reasons are named without today’s figures', async () => {
    const client = refused[2];
    const decision = await dashboard.decide(client, 'refused');
    const { reasons, contributions } = await explain(client, 'fr');
    dashboard.relay.change = (path, text) => (path.startsWith('/explain') ? JSON.stringify({ ...JSON.parse(text), probability: 0.5 }) : text);
    try {
        const page = await dashboard.enter();
        await page.goto(address(client));
        assert.match(await page.textContent('.letter-tools'), /a changé depuis/);
        const labels = decision.reasons.against.map((code) => plain(contributions.find(({ feature }) => feature === code).label));
        assert.deepEqual((await page.locator('.letter-reasons li').allTextContents()).map(plain), labels);
        const text = plain(await page.textContent('.letter'));
        for (const { fact } of reasons) assert.ok(!text.includes(plain(fact)));
        assert.ok(!text.includes(words.fr.example));
    } finally {
        delete dashboard.relay.change;
    }
});

test('on paper there is the letter alone', async () => {
    const page = await dashboard.enter();
    await dashboard.decide(refused[3], 'refused');
    await page.goto(address(refused[3]));
    assert.ok(await page.isVisible('#print'));
    await page.emulateMedia({ media: 'print' });
    for (const gone of ['.bar', '.crumbs', '.tabs', '.client-head', '.letter-tools', '.foot']) assert.equal(await page.isVisible(gone), false, gone);
    assert.ok(await page.isVisible('.letter'));
});

test('an older decision says that there is a later one', async () => {
    const { id } = await dashboard.decide(refused[4], 'refused');
    await dashboard.decide(refused[4], 'granted', { motive: 'Caution' });
    const page = await dashboard.enter();
    await page.goto(address(refused[4], `?decision=${id}`));
    assert.match(await page.textContent('.letter-tools'), /plus récente/);
    assert.ok((await page.textContent('.letter')).includes(words.fr.refused));
    await page.goto(address(refused[4]));
    assert.ok((await page.textContent('.letter')).includes(words.fr.granted));
});

test('letters that there are not', async () => {
    const page = await dashboard.enter();
    const undecided = granted.at(-1);
    const { id } = await dashboard.decide(refused[5], 'refused');
    await page.goto(address(undecided));
    assert.match(page.url(), /\/decide$/);
    for (const decision of ['999999', 'x', '-1', '', '9'.repeat(30), String(id)]) {
        const answer = await page.request.get(address(undecided, `?decision=${decision}`));
        assert.equal(answer.status(), 404, decision);
        assert.match(await answer.text(), /Décision introuvable/);
    }
    assert.equal((await page.request.get('/clients/1/letter')).status(), 404);
    assert.match(await (await page.request.get('/clients/1/letter')).text(), /Client introuvable/);
});

test('without what could be changed, which is nice to have, the letter stands', async () => {
    const client = refused[6];
    await dashboard.decide(client, 'refused');
    dashboard.relay.change = (path, text) => (path.includes('/counterfactuals') ? '<html>' : text);
    try {
        const page = await dashboard.enter();
        await page.goto(address(client));
        assert.ok((await page.textContent('.letter')).includes(words.fr.refused));
    } finally {
        delete dashboard.relay.change;
    }
});
