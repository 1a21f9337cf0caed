// Similar clients, groups, and pairs of features: recomputed from all clients.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { importPortfolio, makeDatabase, makePortfolio, startBackend } from './support/backend.js';

let backend;
let everybody; // in ascending order of id
let values; // feature name → value of each client, in the same order
before(async () => {
    const database = makeDatabase();
    importPortfolio(makePortfolio(500, 21), database);
    backend = await startBackend({ database });
    everybody = [];
    for (let cursor = ''; cursor !== null;) {
        const { body } = await backend.get(`/clients?limit=100${cursor && `&cursor=${cursor}`}`);
        everybody.push(...body.clients);
        cursor = body.next;
    }
    values = new Map();
    for (const { client_id: id } of everybody) {
        const { fields, features } = (await backend.get(`/clients/${id}?lang=en`)).body;
        for (const { name, value } of [...fields, ...features]) values.set(name, [...(values.get(name) ?? []), value]);
    }
});
after(() => backend?.stop());

const rowOf = (id) => everybody.findIndex((client) => client.client_id === id);
const near = (actual, expected, tolerance = 1e-9) =>
    assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);
const rate = (rows) => {
    const known = rows.map((row) => everybody[row].outcome).filter((outcome) => outcome !== null);
    return known.length ? known.reduce((sum, outcome) => sum + outcome, 0) / known.length : null;
};
const rows = (condition) => everybody.flatMap((_, row) => (condition(row) ? [row] : []));

describe('similar clients', () => {
    const similar = async (client, query = '') => (await backend.get(`/clients/${client.client_id}/similar?lang=en${query}`)).body;

    test('come nearest first, with their figures, and without the client', async () => {
        for (const client of everybody.slice(40, 45)) {
            const body = await similar(client, '&features=AMT_CREDIT,CODE_GENDER');
            assert.deepEqual([body.count, body.similar.length], [10, 10]);
            assert.equal(new Set(body.similar.map((one) => one.client_id)).size, 10);
            assert.equal(body.fields[0].value, values.get('AMT_CREDIT')[rowOf(client.client_id)]);
            body.similar.reduce((distance, one) => {
                const row = rowOf(one.client_id);
                assert.ok(one.distance >= distance && one.client_id !== client.client_id);
                const { client_id, outcome, probability, score, decision } = one;
                assert.deepEqual({ client_id, outcome, probability, score, decision }, everybody[row]);
                assert.deepEqual(one.fields.map((field) => [field.name, field.value]),
                    [['AMT_CREDIT', values.get('AMT_CREDIT')[row]], ['CODE_GENDER', values.get('CODE_GENDER')[row]]]);
                return one.distance;
            }, 0);
            near(body.default_rate, rate(body.similar.map((one) => rowOf(one.client_id))));
        }
    });

    test('of a smaller k are the first of a larger one', async () => {
        const all = await similar(everybody[7], '&k=100');
        assert.equal(all.similar.length, 100);
        assert.equal(all.similar[0].fields.length, 6);
        assert.deepEqual((await similar(everybody[7], '&k=1')).similar, all.similar.slice(0, 1));
    });

    test('are as near to each other as they say', async () => {
        const client = everybody[12];
        const { similar: [first] } = await similar(client);
        const back = await similar({ client_id: first.client_id }, '&k=100');
        const same = back.similar.find((one) => one.client_id === client.client_id);
        near(same.distance, first.distance, 1e-5);
    });

    test('of a wrong question are refused with what would be right', async () => {
        for (const [query, pointer] of [['k=0', '?k'], ['k=101', '?k'], ['k=x', '?k'], ['features=AMT_CREDI', '?features'], ['n=1', '?n']]) {
            const { status, body } = await backend.get(`/clients/${everybody[0].client_id}/similar?${query}`);
            assert.deepEqual([status, body.errors[0].pointer], [422, pointer]);
        }
        assert.equal((await backend.get('/clients/1/similar')).status, 404);
    });
});

describe('groups', () => {
    const compare = async (client, group, features = 'AMT_CREDIT,CODE_GENDER') =>
        (await backend.get(`/clients/${client.client_id}/comparison?lang=en&features=${features}&group=${encodeURIComponent(group)}`)).body;

    function assertGroup({ group, features }, members, row) {
        assert.equal(group.count, members.length);
        assert.equal(group.member, members.includes(row));
        if (group.default_rate === null) assert.equal(rate(members), null);
        else near(group.default_rate, rate(members));
        for (const feature of features) {
            const known = members.filter((member) => values.get(feature.name)[member] !== null);
            assert.equal(feature.count, known.length, feature.name);
            if (known.length) near(feature.default_rate ?? 0, rate(known) ?? 0);
        }
    }

    test('of a band have the values between its limits', async () => {
        const incomes = values.get('AMT_INCOME_TOTAL');
        for (const [text, lowest, highest] of [['100000..200000', 100000, 200000], ['..90000', null, 90000],
            ['157500..', 157500, null], ['0.5..1', 0.5, 1]]) {
            const answer = await compare(everybody[30], `AMT_INCOME_TOTAL:${text}`);
            assert.deepEqual(answer.group.band, { lowest, highest });
            assert.deepEqual([answer.group.feature, answer.group.category], ['AMT_INCOME_TOTAL', null]);
            assertGroup(answer, rows((row) => incomes[row] >= (lowest ?? -Infinity) && incomes[row] < (highest ?? Infinity)), 30);
        }
    });

    test('of the client\'s tenth tell its limits, which name the same group', async () => {
        for (const feature of ['AMT_CREDIT', 'DAYS_BIRTH', 'EXT_SOURCE_2']) {
            for (const row of [3, 50, 77, 120, 200]) {
                const own = await compare(everybody[row], feature);
                const { lowest, highest } = own.group.band ?? {};
                if (!own.group.band) continue;
                assert.ok(own.group.member && (lowest !== null || highest !== null));
                const named = await compare(everybody[row], `${feature}:${lowest ?? ''}..${highest ?? ''}`);
                assert.deepEqual(named, own);
            }
        }
    });

    test('of days may be told in years', async () => {
        for (const [feature, text, low, high, label] of [['DAYS_BIRTH', '30y..40y', 30, 40, 'Age: 30\u00a0years – 40\u00a0years'],
            ['DAYS_BIRTH', '60y..', 60, Infinity, 'Age: ≥\u00a060\u00a0years'], ['DAYS_EMPLOYED', '..2y', -Infinity, 2, 'Time in the job: <\u00a02\u00a0years']]) {
            const answer = await compare(everybody[3], `${feature}:${text}`);
            const years = values.get(feature).map((days) => (days === null ? NaN : -days / 365.25));
            assert.equal(answer.group.label, label);
            assertGroup(answer, rows((row) => years[row] >= low && years[row] < high), 3);
        }
    });

    test('of a category have it, whatever the client\'s own', async () => {
        const kinds = values.get('NAME_INCOME_TYPE');
        for (const kind of ['Working', 'State servant', 'Pensioner']) {
            const answer = await compare(everybody[9], `NAME_INCOME_TYPE:${kind}`);
            assert.deepEqual([answer.group.category, answer.group.band], [kind, null]);
            assertGroup(answer, rows((row) => kinds[row] === kind), 9);
        }
        const emails = values.get('FLAG_EMAIL');
        assertGroup(await compare(everybody[9], 'FLAG_EMAIL:1'), rows((row) => emails[row] === 1), 9);
    });

    test('that are none are refused with what would be right', async () => {
        for (const [group, detail] of [
            ['AMT_CREDIT:band', /AMT_CREDIT:LOW\.\.HIGH/], ['AMT_CREDIT:..', /LOW\.\.HIGH/], ['AMT_CREDIT:5..x', /LOW\.\.HIGH/],
            ['AMT_CREDIT:5..5', /below/], ['AMT_CREDIT:nan..5', /LOW\.\.HIGH/], ['AMT_CREDI:1..2', /Did you mean AMT_CREDIT\?/],
            ['NAME_INCOME_TYPE:Workin', /Did you mean Working\?/], ['FLAG_EMAIL:2', /FLAG_EMAIL:0/], ['AMT_CREDIT:', /LOW\.\.HIGH/], ['AMT_CREDIT:1y..2y', /LOW\.\.HIGH/], ['DAYS_BIRTH:30y..40', /2y\.\.5y/], ['DAYS_BIRTH:40y..30y', /below/],
            ['DAYS_BIRTH:y..', /2y\.\.5y/], ['', /no feature/],
        ]) {
            const { status, body } = await backend.get(`/clients/${everybody[0].client_id}/comparison?group=${encodeURIComponent(group)}`);
            assert.equal(status, 422, group);
            assert.equal(body.errors[0].pointer, '?group');
            assert.match(body.errors[0].detail, detail);
        }
    });
});

describe('pairs', () => {
    const cellOf = (axis, value) => {
        if (value === null) return -1;
        if (axis.scale === 'categories') {
            const cell = axis.categories.findIndex((category) => category.value === value);
            return cell < 0 ? axis.categories.length - 1 : cell;
        }
        const { edges } = axis;
        const cell = edges.findIndex((edge, index) => value >= edge && value < edges[index + 1]);
        return cell < 0 ? (value < edges[0] ? 0 : edges.length - 2) : cell;
    };

    function assertGrid(body, members) {
        const cells = (axis) => (axis.categories ?? axis.edges.slice(1)).length;
        const expected = Array.from({ length: cells(body.y) }, () => Array.from({ length: cells(body.x) }, () => []));
        let missing = 0;
        for (const row of members) {
            const x = cellOf(body.x, values.get(body.x.name)[row]);
            const y = cellOf(body.y, values.get(body.y.name)[row]);
            if (x < 0 || y < 0) missing++;
            else expected[y][x].push(row);
        }
        assert.equal(body.missing, missing);
        assert.deepEqual(body.counts, expected.map((line) => line.map((cell) => cell.length)));
        for (const [y, line] of expected.entries()) {
            for (const [x, cell] of line.entries()) {
                const known = cell.filter((row) => everybody[row].outcome !== null);
                if (known.length < body.least) assert.equal(body.default_rates[y][x], null);
                else near(body.default_rates[y][x], rate(known));
            }
        }
    }

    test('count everybody, whatever the kinds of axes', async () => {
        for (const [x, y] of [['AMT_INCOME_TOTAL', 'AMT_CREDIT'], ['DAYS_BIRTH', 'CODE_GENDER'], ['ORGANIZATION_TYPE', 'EXT_SOURCE_1'],
            ['CNT_CHILDREN', 'FLAG_EMAIL'], ['OWN_CAR_AGE', 'BUREAU_COUNT']]) {
            const { status, body } = await backend.get(`/population/pair?x=${x}&y=${y}`);
            assert.equal(status, 200);
            assert.deepEqual([body.x.name, body.y.name, body.client], [x, y, null]);
            assertGrid(body, everybody.map((_, row) => row));
        }
    });

    test('scale money by ratios and spread it over many cells', async () => {
        const { body } = await backend.get('/population/pair?x=AMT_INCOME_TOTAL&y=DAYS_BIRTH');
        assert.deepEqual([body.x.scale, body.y.scale], ['logarithmic', 'linear']);
        const most = Math.max(...body.x.edges.slice(1).map((_, x) => body.counts.reduce((sum, line) => sum + line[x], 0)));
        assert.ok(most < everybody.length / 4, `${most}`);
    });

    test('count a group and mark a client', async () => {
        const kinds = values.get('NAME_INCOME_TYPE');
        const { body } = await backend.get('/population/pair?x=AMT_CREDIT&y=EXT_SOURCE_2&group=NAME_INCOME_TYPE:Working');
        assertGrid(body, rows((row) => kinds[row] === 'Working'));
        for (const row of [5, 60]) {
            const id = everybody[row].client_id;
            const { body: own } = await backend.get(`/population/pair?x=AMT_CREDIT&y=EXT_SOURCE_2&group=NAME_INCOME_TYPE&client_id=${id}`);
            assertGrid(own, rows((other) => kinds[other] === kinds[row]));
            assert.equal(own.client.client_id, id);
            for (const axis of ['x', 'y']) {
                const value = values.get(own[axis].name)[row];
                assert.equal(own.client[axis].value, value);
                assert.equal(own.client[axis].cell, value === null ? null : cellOf(own[axis], value));
            }
        }
    });

    test('have fewer cells where a group is small, when asked so', async () => {
        const kinds = values.get('NAME_INCOME_TYPE');
        const members = rows((row) => kinds[row] === 'Pensioner');
        const along = Math.max(4, Math.floor(Math.sqrt(members.length / 12)));
        for (const [x, y] of [['AMT_CREDIT', 'EXT_SOURCE_2'], ['ORGANIZATION_TYPE', 'DAYS_BIRTH'], ['CNT_CHILDREN', 'OCCUPATION_TYPE']]) {
            const { body } = await backend.get(`/population/pair?x=${x}&y=${y}&group=NAME_INCOME_TYPE:Pensioner&each=12`);
            assertGrid(body, members);
            assert.ok(body.counts.length <= along && body.counts[0].length <= along, `${body.counts.length} by ${body.counts[0].length}`);
        }
        const { body } = await backend.get('/population/pair?x=AMT_CREDIT&y=EXT_SOURCE_2&each=10000');
        assertGrid(body, everybody.map((_, row) => row));
        for (const each of ['0', '10001', 'x', '']) {
            const { status, body: refused } = await backend.get(`/population/pair?x=AMT_CREDIT&y=EXT_SOURCE_2&each=${each}`);
            assert.deepEqual([status, refused.errors[0].pointer], [422, '?each']);
        }
    });

    test('of a wrong question are refused with all that is wrong', async () => {
        const { status, body } = await backend.get('/population/pair?y=AMT_CREDI&group=similar&z=1');
        assert.equal(status, 422);
        assert.deepEqual(body.errors.map((error) => error.pointer), ['?z', '?x', '?y', '?client_id']);
        assert.equal((await backend.get('/population/pair?x=AMT_CREDIT&y=AMT_CREDIT')).body.errors[0].pointer, '?y');
        assert.equal((await backend.get('/population/pair?x=AMT_CREDIT&y=DAYS_BIRTH&client_id=1')).status, 404);
        assert.equal((await backend.get('/population/pair?x=AMT_CREDIT&y=DAYS_BIRTH&client_id=x')).status, 422);
    });
});
