// Deciding about a client: with the model and against it, with colleagues who decide meanwhile, once each.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOGIN, openDashboard } from './support/dashboard.js';

const dashboard = await openDashboard({ relayed: true, env: { BACKEND_TIMEOUT_MS: '800' } });
const { body: { clients } } = await dashboard.backend.get('/clients?limit=100');
const unused = { granted: clients.filter(({ decision }) => decision === 'granted'), refused: clients.filter(({ decision }) => decision === 'refused') };
/** A client that no test has decided about yet. */
const another = (decision) => unused[decision].pop();
const address = (client) => `/clients/${client.client_id}/decide`;
const plain = (text) => text.replaceAll(/\s+/g, ' ').trim();

const words = {
    fr: { done: 'Décision enregistrée', granted: 'Accordé', refused: 'Refusé', motive: 'dites pourquoi', against: 'Contre la proposition.' },
    en: { done: 'Decision recorded', granted: 'Granted', refused: 'Refused', motive: 'say why', against: 'Against the proposal.' },
};

/** The hidden fields of the form on the page. */
async function hidden(page, path) {
    const html = await (await page.request.get(path)).text();
    const form = html.slice(html.indexOf('class="decide-form"'));
    return Object.fromEntries([...form.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)].map(([, name, value]) => [name, value]));
}

for (const language of ['fr', 'en']) {
    for (const scripts of [true, false]) {
        test(`${language}, ${scripts ? 'with' : 'without'} scripts: as the model proposes`, async () => {
            const client = another('granted');
            const page = await dashboard.enter({ language, scripts });
            await page.goto(address(client));
            assert.equal(await page.locator('.decide-choice input:checked').count(), 0); // nobody is nudged
            await page.check('input[value=granted]');
            await page.click('.decide-form button');
            await page.waitForURL('**/decide?recorded=*');
            assert.equal(plain(await page.textContent('#recorded-title')), words[language].done);
            assert.ok((await page.textContent('.notice')).includes(LOGIN));
            const [recorded, ...others] = await dashboard.decisionsAbout(client);
            assert.equal(others.length, 0);
            assert.deepEqual([recorded.decision, recorded.advisor, recorded.motive, recorded.override, recorded.previous], ['granted', LOGIN, null, false, null]);
            assert.equal(await page.locator('.history > li').count(), 1);
            assert.ok((await page.textContent('.history')).includes(words[language].granted));
            assert.deepEqual(page.faults, []);
        });
    }

    test(`${language}: against the proposal only with a motive, and nothing typed is lost meanwhile`, async () => {
        const client = another('refused');
        const page = await dashboard.enter({ language, scripts: false });
        await page.goto(address(client));
        await page.check('input[value=granted]');
        await page.fill('#motive', '   \n ');
        await page.click('.decide-form button');
        assert.match(await page.textContent('#motive-fault'), new RegExp(words[language].motive));
        assert.equal(await page.getAttribute('#motive', 'aria-invalid'), 'true');
        assert.ok((await page.getAttribute('#motive', 'aria-describedby')).includes('motive-fault'));
        assert.ok(await page.isChecked('input[value=granted]'));
        assert.equal((await dashboard.decisionsAbout(client)).length, 0);
        const motive = '\nCaution <solidaire> & "parents"\nSeconde ligne, avec accents : éèç';
        await page.fill('#motive', motive);
        await page.click('.decide-form button');
        await page.waitForURL('**/decide?recorded=*');
        const [recorded] = await dashboard.decisionsAbout(client);
        assert.equal(recorded.motive, motive);
        assert.equal(recorded.override, true);
        const history = await page.textContent('.history');
        assert.ok(history.includes(words[language].against));
        assert.ok(plain(history).includes(plain(motive)));
    });
}

test('without a choice nothing is recorded, and the motive stays', async () => {
    const client = another('granted');
    const page = await dashboard.enter();
    const fields = await hidden(page, address(client));
    const answer = await page.request.post(address(client), { form: { ...fields, motive: 'déjà écrit' } });
    assert.equal(answer.status(), 422);
    const html = await answer.text();
    assert.match(html, /id="decision-fault">Choisissez/);
    assert.match(html, /déjà écrit<\/textarea>/);
    assert.ok(html.includes(fields.key)); // still the same form
    assert.equal((await dashboard.decisionsAbout(client)).length, 0);
});

test('a motive of 2,000 characters is taken, one more is pointed out and kept', async () => {
    const client = another('refused');
    const page = await dashboard.enter();
    const form = { ...await hidden(page, address(client)), decision: 'granted', motive: 'é'.repeat(2001) };
    const long = await page.request.post(address(client), { form });
    assert.equal(long.status(), 422);
    const html = await long.text();
    assert.match(html, /id="motive-fault">Le motif compte/);
    assert.ok(html.includes('é'.repeat(2001)));
    assert.equal((await page.request.post(address(client), { form: { ...form, motive: 'é'.repeat(2000) } })).status(), 200);
    assert.equal((await dashboard.decisionsAbout(client))[0].motive.length, 2000);
});

test('a colleague decides meanwhile: who, what, when and why is told, and what was typed stays', async () => {
    const client = another('refused');
    const page = await dashboard.enter();
    await page.goto(address(client));
    await page.check('input[value=granted]');
    await page.fill('#motive', 'Garant solide');
    const meanwhile = await dashboard.decide(client, 'refused', { motive: 'Dossier incomplet' });
    await page.click('.decide-form button');
    const told = plain(await page.textContent('.notice--warning'));
    for (const part of ['Une décision a été prise entre-temps', 'Refusé', 'collègue', String(new Date().getFullYear()), 'Dossier incomplet'])
        assert.ok(told.includes(part), `${part} is not in ${told}`);
    assert.equal(await page.inputValue('#motive'), 'Garant solide');
    assert.ok(await page.isChecked('input[value=granted]'));
    assert.equal((await dashboard.decisionsAbout(client)).length, 1);
    await page.click('.decide-form button');
    await page.waitForURL('**/decide?recorded=*');
    const [recorded, before] = await dashboard.decisionsAbout(client);
    assert.equal(recorded.previous, meanwhile.id);
    assert.equal(before.id, meanwhile.id);
});

test('a form that is sent twice is recorded once', async () => {
    const client = another('granted');
    const page = await dashboard.enter();
    const form = { ...await hidden(page, address(client)), decision: 'granted', motive: '' };
    const send = (changes) => page.request.post(address(client), { form: { ...form, ...changes }, maxRedirects: 0 });
    const answers = await Promise.all([send(), send(), send()]);
    for (const answer of answers) {
        assert.equal(answer.status(), 303);
        assert.equal(answer.headers().location, answers[0].headers().location);
    }
    assert.equal((await dashboard.decisionsAbout(client)).length, 1);
    // Gone back and changed: that is another decision, which is asked about first.
    const changed = await send({ decision: 'refused', motive: 'à revoir' });
    assert.equal(changed.status(), 409);
    const html = await changed.text();
    assert.match(html, /Vous avez déjà enregistré une décision entre-temps/);
    assert.match(html, /à revoir<\/textarea>/);
    assert.equal((await dashboard.decisionsAbout(client)).length, 1);
});

test('a double click and the way back record once', async () => {
    const client = another('granted');
    const page = await dashboard.enter();
    await page.goto(address(client));
    await page.check('input[value=granted]');
    await page.dblclick('.decide-form button');
    await page.waitForURL('**/decide?recorded=*');
    assert.equal((await dashboard.decisionsAbout(client)).length, 1);
    await page.reload();
    assert.equal((await dashboard.decisionsAbout(client)).length, 1);
    await page.goBack();
    await page.waitForSelector('.decide-form');
    assert.equal((await dashboard.decisionsAbout(client)).length, 1);
});

test('a service that fails while one records: the form stays, and sent again is recorded once', async () => {
    for (const mode of ['refuse', 'hang', { status: 500, body: '{}' }, { status: 200, body: 'nonsense' }, { status: 401, body: '{}' }]) {
        const client = another('refused');
        const page = await dashboard.enter();
        await page.goto(address(client));
        await page.check('input[value=granted]');
        await page.fill('#motive', 'Caution des parents');
        dashboard.relay.mode = mode;
        try {
            const answered = page.waitForResponse((answer) => answer.request().method() === 'POST');
            await page.click('.decide-form button');
            assert.equal((await answered).status(), mode === 'refuse' || mode === 'hang' ? 503 : 502);
            await page.waitForSelector('.decide-form .message, .message');
        } finally {
            dashboard.relay.mode = 'pass';
        }
        assert.equal(await page.inputValue('#motive'), 'Caution des parents');
        assert.ok(await page.isChecked('input[value=granted]'));
        await page.waitForTimeout(mode === 'refuse' ? 2100 : 0); // the breaker may be open
        await page.click('.decide-form button');
        await page.waitForURL('**/decide?recorded=*');
        assert.equal((await dashboard.decisionsAbout(client)).length, 1);
    }
});

test('an answer that was lost: the decision is there, and sending again does not add one', async () => {
    const client = another('refused');
    const page = await dashboard.enter();
    const form = { ...await hidden(page, address(client)), decision: 'refused', motive: '' };
    dashboard.relay.change = (path, text) => (path === '/decisions' ? text.slice(0, 20) : text);
    try {
        assert.equal((await page.request.post(address(client), { form })).status(), 502);
    } finally {
        delete dashboard.relay.change;
    }
    assert.equal((await dashboard.decisionsAbout(client)).length, 1);
    assert.equal((await page.request.post(address(client), { form, maxRedirects: 0 })).status(), 303);
    assert.equal((await dashboard.decisionsAbout(client)).length, 1);
});

test('the history is in order and says when it is not whole', async () => {
    const client = another('granted');
    for (let i = 0; i < 21; i++) await dashboard.decide(client, i % 2 ? 'granted' : 'refused', { motive: `motif ${i}` });
    const page = await dashboard.enter();
    await page.goto(address(client));
    const motives = await page.locator('.history .motive').allTextContents();
    assert.deepEqual(motives, Array.from({ length: 20 }, (_, i) => `motif ${20 - i}`));
    assert.match(await page.textContent('section[aria-labelledby=history-title]'), /vingt dernières/);
});

test('an unknown client, and what is no number', async () => {
    const page = await dashboard.enter();
    const fields = await hidden(page, address(clients[0]));
    for (const id of ['1', 'abc']) {
        assert.equal((await page.request.get(`/clients/${id}/decide`)).status(), 404);
        assert.equal((await page.request.post(`/clients/${id}/decide`, { form: { ...fields, decision: 'granted' } })).status(), 404);
    }
});

test('a failing backend has its page here, too', async () => {
    const page = await dashboard.enter();
    for (const path of [address(clients[0]), `/clients/${clients[0].client_id}/letter`])
        for (const [mode, status] of [['refuse', 503], [{ status: 500, body: '{}' }, 502], [{ status: 200, body: '{}' }, 502], [{ status: 200, body: '[]' }, 502]]) {
            dashboard.relay.mode = mode;
            try {
                assert.equal((await page.request.get(path)).status(), status, `${path} ${JSON.stringify(mode)}`);
            } finally {
                dashboard.relay.mode = 'pass';
            }
        }
});
