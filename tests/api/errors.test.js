// Every error the API can answer, each in the form that the contract gives it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { KEY, importPortfolio, makeDatabase, makePortfolio, root, startBackend } from './support/backend.js';

let backend;
let client;
before(async () => {
    const database = makeDatabase();
    importPortfolio(makePortfolio(100), database);
    backend = await startBackend({ database });
    client = (await backend.get('/clients?limit=1')).body.clients[0];
});
after(() => backend?.stop());

async function refused(status, answer) {
    const { body, status: got, text } = await answer;
    assert.equal(got, status, text);
    assert.equal(body.status, status);
    for (const secret of [root, KEY, 'sqlite', 'xgboost', 'XGB', '.c:', 'jansson'])
        assert.ok(!text.includes(secret), text);
    return body;
}
const pointers = (body) => body.errors.map((error) => error.pointer);

describe('400', () => {
    const bodies = ['', '{', '{"client_id": 1', 'client_id=1', '{"client_id": 1} x', '[1,', '\u0000', '{"a": 1e999}',
        '{"client_id": 99999999999999999999}', '"\\ud800"', '{"a":"\\u0000"}', `${'['.repeat(5000)}`,
        '{"client_id": 1, "client_id": 2}'];
    for (const body of bodies)
        test(JSON.stringify(body).slice(0, 40), () => refused(400,
            backend.call('POST', '/predict', { body, headers: { 'content-type': 'application/json' } })));

    test('bytes that are not UTF-8', () => refused(400, backend.call('POST', '/predict', {
        body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), headers: { 'content-type': 'application/json' },
    })));

    test('says where', async () => {
        const body = await refused(400, backend.call('POST', '/predict', { body: '{\n "a" 1}', headers: { 'content-type': 'application/json' } }));
        assert.match(body.detail, /line 2/);
    });
});

describe('401', () => {
    for (const header of [undefined, 'Bearer', 'Bearer ', 'Bearer wrong', `Bearer ${KEY}x`, `Bearer ${KEY.slice(0, -1)}`, `Basic ${KEY}`, KEY])
        test(String(header), async () => {
            const headers = header === undefined ? {} : { authorization: header };
            await refused(401, backend.get('/clients', { key: '', headers }));
            await refused(401, backend.call('POST', '/predict', { key: '', headers, json: { client_id: client.client_id } }));
        });

    test('the scheme is read whatever its case', async () => {
        const { status } = await backend.get('/clients', { key: '', headers: { authorization: `bearer ${KEY}` } });
        assert.equal(status, 200);
    });

    test('health, contract and metrics need no key', async () => {
        for (const path of ['/v2/health/live', '/v2/health/ready', '/openapi.json', '/metrics'])
            assert.equal((await backend.get(path, { key: '' })).status, 200);
    });
});

describe('404', () => {
    for (const path of ['/', '/nothing', '/clients/', '/clients/999999999', '/clients/abc', '/clients/-1', '/clients/1.5', '/clients/%00',
        '/clients/999999999/comparison', '/clients/99999999999999999999', '/population/features/NOTHING', '//clients', '/predict/',
        `/${'x'.repeat(3000)}`])
        test(path.slice(0, 40), () => refused(404, backend.get(path)));

    test('suggests the feature that was meant', async () => {
        const body = await refused(404, backend.get('/population/features/AMT_CREDITT'));
        assert.match(body.detail, /AMT_CREDIT\?/);
    });

    test('a client asked for alone', async () => {
        for (const path of ['/predict', '/explain']) {
            const body = await refused(404, backend.post(path, { client_id: 999999999 }));
            assert.deepEqual(pointers(body), ['/client_id']);
        }
    });
});

test('405 names what is allowed', async () => {
    const answer = await backend.get('/predict');
    await refused(405, answer);
    assert.equal(answer.headers.get('allow'), 'POST');
    const other = await backend.call('DELETE', '/clients');
    await refused(405, other);
    assert.equal(other.headers.get('allow'), 'GET, HEAD');
});

test('406', async () => {
    await refused(406, backend.get('/clients', { headers: { accept: 'text/html' } }));
    await refused(406, backend.get('/metrics', { headers: { accept: 'application/json' } }));
    await refused(406, backend.call('POST', '/predict', { json: { client_id: client.client_id }, headers: { accept: 'application/json;q=0' } }));
    assert.equal((await backend.get('/clients', { headers: { accept: 'text/html, application/*;q=0.5' } })).status, 200);
});

test('413 for a body of ten megabytes', () => refused(413, backend.call('POST', '/predict', {
    body: `{"features": {"${'x'.repeat(10 * 1024 * 1024)}": 1}}`, headers: { 'content-type': 'application/json' },
})));

test('415', async () => {
    const body = JSON.stringify({ client_id: client.client_id });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonx'])
        await refused(415, backend.call('POST', '/predict', { body, headers: { 'content-type': type } }));
    const { status } = await backend.call('POST', '/predict', { body, headers: { 'content-type': 'Application/JSON; charset=utf-8' } });
    assert.equal(status, 200);
});

describe('422', () => {
    const cases = [
        ['not an object', 5, ['']],
        ['a list', [], ['']],
        ['nothing to score', {}, ['']],
        ['two kinds', { client_id: 1, features: {} }, ['', '/features'].slice(0, 1)],
        ['a client id as text', { client_id: '1' }, ['/client_id']],
        ['a client id below 0', { client_id: -1 }, ['/client_id']],
        ['a fraction as client id', { client_id: 1.5 }, ['/client_id']],
        ['an unknown field', { client_id: 100001, extra: 1 }, ['/extra']],
        ['features that are no object', { features: [1] }, ['/features']],
        ['wrong features', { features: { NOPE: 1, AMT_CREDIT: 'a', 'a/b~c': 1, CODE_GENDER: 99, EXT_SOURCE_1: 1e300 } },
            ['/features/NOPE', '/features/AMT_CREDIT', '/features/a~1b~0c', '/features/CODE_GENDER', '/features/EXT_SOURCE_1']],
        ['an application that is no object', { application: 1 }, ['/application']],
        ['wrong fields of an application', { application: { AMT_CREDI: 1, CNT_CHILDREN: -1, CODE_GENDER: 'Q', AMT_CREDIT: [], DAYS_BIRTH: 100 } },
            ['/application/AMT_CREDI', '/application/CNT_CHILDREN', '/application/CODE_GENDER', '/application/AMT_CREDIT', '/application/DAYS_BIRTH']],
        ['history that is no list', { application: {}, bureau: {} }, ['/bureau']],
        ['wrong rows of history', { application: {}, bureau: [{}, { NOPE: 1 }, 5], POS_CASH_balance: [{ SK_DPD: 'x' }] },
            ['/bureau/1/NOPE', '/bureau/2', '/POS_CASH_balance/0/SK_DPD']],
        ['too many rows of history', { application: {}, bureau: Array(10001).fill({}) }, ['/bureau']],
        ['an unknown table', { application: {}, bureaux: [] }, ['/bureaux']],
        ['no instances', { instances: [] }, ['/instances']],
        ['instances that are no list', { instances: {} }, ['/instances']],
        ['something beside instances', { instances: [{ features: {} }], top: 5 }, ['/top']],
        ['wrong instances', { instances: [{ features: {} }, 5, { client_id: 999999999 }, { application: { NOPE: 1 } }] },
            ['/instances/1', '/instances/2/client_id', '/instances/3/application/NOPE']],
    ];
    for (const [name, json, expected] of cases)
        test(name, async () => {
            for (const path of ['/predict', '/explain']) {
                const body = await refused(422, backend.post(path, json));
                assert.deepEqual(pointers(body).sort(), expected.sort());
            }
        });

    test('suggests the name that was meant', async () => {
        const body = await refused(422, backend.post('/predict', { features: { AMT_CREDITT: 1 } }));
        assert.match(body.errors[0].detail, /AMT_CREDIT\?/);
    });

    const details = {
        'an unknown field': [{ application: { AMT_CERDIT: 1 } }, /did you mean AMT_CREDIT\?/],
        'an unknown category': [{ application: { NAME_EDUCATION_TYPE: 'Higher eduction' } }, /did you mean "Higher education"\?/],
        'a category unlike any': [{ application: { CODE_GENDER: 'Q' } }, /one of "F", "M"/],
        'a value out of range': [{ application: { DAYS_BIRTH: 35 } }, /between -\d+ and -?\d+, in days .*negative/],
        'a text for a number': [{ application: { AMT_CREDIT: '406597.5' } }, /send a JSON number from 0 to \d+, an amount of money, or null/],
        'a feature out of range': [{ features: { AMT_CREDIT: -1 } }, /-1 will not do.* from 0 to \d+ \(unit: money\)/],
        'a text for a category': [{ features: { CODE_GENDER: 'F' } }, /position of a category in the catalogue, 0 \("F"\) to 2/],
        'a fraction for a whole number': [{ features: { CNT_CHILDREN: 1.5 } }, /unit: count/],
        'a kind misspelt': [{ aplication: {} }, /Did you mean application\?/],
        'a table misspelt': [{ application: {}, beureau: [] }, /Did you mean bureau\?/],
        'a row of another client': [{ application: { SK_ID_CURR: 7 }, bureau: [{ SK_ID_CURR: 7 }, { SK_ID_CURR: 8 }] },
            /of client 8, the application of client 7/],
    };
    for (const [name, [json, expected]] of Object.entries(details))
        test(`says what would be right for ${name}`, async () => {
            const body = await refused(422, backend.post('/predict', json));
            assert.ok(body.errors.some(({ detail }) => expected.test(detail)), JSON.stringify(body.errors));
        });

    test('lowest above highest', async () => {
        const body = await refused(422, backend.get('/clients?min_score=600&max_score=500'));
        assert.deepEqual(pointers(body), ['?max_score']);
    });

    test('lists a thousand wrong fields, not more', async () => {
        const application = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`NOPE_${index}`, 1]));
        const body = await refused(422, backend.post('/predict', { instances: Array(5).fill({ application }) }));
        assert.ok(body.errors.length >= 1000 && body.errors.length <= 1600);
    });

    for (const query of ['/clients?limit=0', '/clients?limit=101', '/clients?limit=x', '/clients?limit=', '/clients?limit=1&limit=2', '/clients?query=a',
        '/clients?query=1234567890123456', '/clients?outcome=2', '/clients?outcome=', '/clients?decision=Granted', '/clients?min_score=x',
        '/clients?min_score=0x10', '/clients?max_score=inf', '/clients?max_score=', '/clients?min_score=.',
        '/clients?max_score=10001', '/clients?cursor=x', '/clients?nope=1', '/population?nope=1', '/features?x=', '/v2/health/live?x=1'])
        test(query, async () => {
            const body = await refused(422, backend.get(query));
            assert.equal(pointers(body)[0], `?${new URL(query, 'http://x').search.slice(1).split('=')[0]}`);
        });

    test('several parameters at once', async () => {
        const body = await refused(422, backend.get('/clients?limit=0&query=x&cursor=y&a=1&b=2'));
        assert.deepEqual(pointers(body).sort(), ['?a', '?b', '?cursor', '?limit', '?query']);
    });

    test('parameters of a comparison', async () => {
        const path = `/clients/${client.client_id}/comparison`;
        const body = await refused(422, backend.get(`${path}?features=AMT_CREDIT,NOPE,&group=nobody`));
        assert.deepEqual(pointers(body), ['?features', '?features', '?group']);
        await refused(422, backend.get(`${path}?features=${Array(51).fill('AMT_CREDIT')}`));
        await refused(422, backend.get(`${path}?features=`));
        await refused(422, backend.post('/explain?top=0', { features: {} }));
    });
});

test('whatever the bytes, the answer is one of the contract', async () => {
    const seed = JSON.stringify({
        instances: [{ client_id: client.client_id }, { application: { AMT_CREDIT: 406597.5, CODE_GENDER: 'F', OWN_CAR_AGE: null },
            bureau: [{ CREDIT_ACTIVE: 'Closed', DAYS_CREDIT: -497 }], POS_CASH_balance: [] }, { features: { AMT_CREDIT: 1e5, EXT_SOURCE_1: 0.5 } }],
    });
    let state = 12345;
    const random = (limit) => {
        state = (state * 1103515245 + 12345) % 2147483648;
        return Math.floor(state / 65536) % limit;
    };
    const pieces = ['{', '}', '[', ']', '"', ',', ':', 'null', '-', '1e308', '0', '\\u0000', '\u00e9', '\ud83d\ude00', '{}', '[]', 'true', '~/', '%'];
    const seen = new Set();
    for (let round = 0; round < 400; round++) {
        let body = seed;
        for (let change = 0; change <= random(3); change++) {
            const at = random(body.length);
            body = body.slice(0, at) + (random(3) ? pieces[random(pieces.length)] : '') + body.slice(at + random(6));
        }
        const { status } = await backend.call('POST', round % 8 ? '/predict' : '/explain', { body, headers: { 'content-type': 'application/json' } });
        seen.add(status);
    }
    assert.ok(seen.has(400) && seen.has(422), [...seen].join());
});
