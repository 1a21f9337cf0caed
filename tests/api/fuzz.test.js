// Bad requests over every call of the contract: mutated paths, parameters, heads and bodies. Whatever is sent, the answer is one the
// contract allows: a 2xx that its schema describes or a 4xx problem document, and the server goes on.
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { KEY, importPortfolio, makeDatabase, makePortfolio, startBackend } from './support/backend.js';
import { check, openapi, resolve } from './support/contract.js';

const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 200); // of each call
const AT_ONCE = 16;
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

let backend;
let clientId;
before(async () => {
    const database = makeDatabase();
    importPortfolio(makePortfolio(60), database);
    backend = await startBackend({ database, env: { REQUEST_TIMEOUT: '5' } }); // a stop waits so long for heads that never end
    clientId = (await backend.get('/clients?limit=1')).body.clients[0].client_id;
});
after(() => {
    agent.destroy();
    return backend?.stop();
});

// A generator of its own, so that a failure comes back.
let state = 20240229;
function random(limit) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
}
const pick = (list) => list[random(list.length)];
const often = () => random(4) > 0;

const ODD_TEXTS = ['', ' ', '0', '-1', '1.5', '1e3', '99999999999999999999', 'abc', 'NaN', 'null', 'true', '[]', '{}', "' OR 1=1 --", '../../etc/passwd',
    '<script>', '\u0000', '\u00e9\u{1f600}', '%', '%s%n', 'x'.repeat(300), 'AMT_CREDIT', 'AMT_CREDIT,AMT_CREDIT', ',', 'CODE_GENDER', 'all', 'en', 'fr'];
const ODD_ESCAPES = ['%', '%0', '%zz', '%00', '%ff', '%c0%80', '%ed%a0%80', '%2f', '%2e%2e', '+'];
const ODD_VALUES = [null, true, 0, -1, 1.5, 1e308, -1e308, 9007199254740993, '', 'abc', '\u0000', 'x'.repeat(2000), [], {}, [[]], [null], { client_id: 1 }, { '': 0 }, { __proto__: null, 'a/b~c': 1 }];
const ODD_BYTES = ['{', '}', '[', ']', '"', ',', ':', 'null', '-', '1e999', '\\u0000', '\\ud800', '\u00e9', '\ud83d\ude00', '\n', '\r', ';', '\0', '{}', '[]', 'true'];
const ODD_ACCEPTS = ['text/html', 'application/json;q=0', '*/*;q=0', 'application/*', ',,,', ';', 'x'.repeat(500), 'application/xml'];
const ODD_TYPES = ['text/plain', '', 'application/jsonx', 'multipart/form-data; boundary=', 'application/x-www-form-urlencoded', 'text/csv', 'application/x-ndjson', '/', ';;'];
const ODD_KEYS = ['', 'Bearer', 'Bearer ', 'Basic eDp5', `Bearer ${KEY}x`, `Bearer ${'x'.repeat(3000)}`, 'Bearer a.b.c', 'Bearer eyJhbGciOiJub25lIn0.e30.'];

const encode = (text) => (random(8) ? encodeURIComponent(text.toWellFormed?.() ?? text) : pick(ODD_ESCAPES));

/** The values that a parameter has in the contract, and odd ones. */
function valueOf(parameter) {
    const { schema = {}, example, name } = parameter;
    const target = schema.$ref ? resolve([], schema)[1] : schema;
    const good = name === 'id' || name === 'client_id' ? clientId : example ?? target.default ?? target.enum?.[0] ?? target.minimum ?? 'x';
    return often() ? pick([good, ...(target.enum ?? []), target.minimum ?? good, target.maximum ?? good]) : pick(ODD_TEXTS);
}

function addressOf(path, parameters) {
    const address = path.replaceAll(/\{([^}]+)\}/g, (_, name) => encode(String(valueOf(parameters.find((one) => one.name === name && one.in === 'path')))));
    const query = parameters.filter((one) => one.in === 'query' && (one.required ? random(8) : random(3) === 0))
        .map((one) => `${one.name}=${encode(String(valueOf(one)))}`);
    if (random(6) === 0) query.push(pick(['nope=1', '=', '&&', 'lang=xx', 'lang=en', 'x'.repeat(200), `limit=${encode(pick(ODD_TEXTS))}`]));
    if (random(12) === 0 && query.length) query.push(query[0]);
    return (random(40) ? address : pick([`${address}/`, `/${address}`, `${address}/x`, address.toUpperCase(), `${address}%`])) + (query.length ? `?${query.join('&')}` : '');
}

/** Every place in a JSON value: [holder, key]. */
function* places(value) {
    if (value === null || typeof value !== 'object') return;
    for (const key of Object.keys(value)) {
        yield [value, key];
        yield* places(value[key]);
    }
}

function mutateJson(example) {
    const root = { value: structuredClone(example) };
    for (let change = random(4); change > 0; change--) {
        const [holder, key] = pick([...places(root)]);
        const kind = random(5);
        if (kind === 0 && holder !== root) delete holder[key];
        else if (kind === 1 && !Array.isArray(holder) && holder !== root) {
            holder[key.slice(0, -1) + pick(['', 'X', 'xyz'])] = holder[key];
        } else if (kind === 2) holder[key] = [holder[key], holder[key]];
        else holder[key] = structuredClone(pick(ODD_VALUES));
    }
    return JSON.stringify(root.value) ?? '';
}

function mutateBytes(text) {
    let body = text;
    for (let change = random(3); change >= 0; change--) {
        const at = random(body.length + 1);
        body = body.slice(0, at) + (random(3) ? pick(ODD_BYTES) : '') + body.slice(at + random(6));
    }
    return body;
}

function bodyOf(operation) {
    if (!operation.requestBody) return random(10) ? {} : { body: '{"x":1}', type: pick(ODD_TYPES) };
    const [, { content }] = resolve([], operation.requestBody);
    const type = pick(Object.keys(content));
    const examples = [content[type].example, ...Object.values(content[type].examples ?? {}).map((one) => one.value)].filter((one) => one !== undefined);
    const example = pick(examples.length ? examples : ['']);
    const text = typeof example === 'string' ? example : JSON.stringify(example);
    const body = typeof example === 'string' || random(3) === 0 ? mutateBytes(text) : mutateJson(example);
    return { body: random(20) ? body : '', type: random(12) ? type : pick(ODD_TYPES) };
}

function send({ method, path, headers, body }) {
    return new Promise((done, failed) => {
        const call = request(backend.url + '/', { method, path, headers, agent }, (answer) => {
            const parts = [];
            answer.on('data', (part) => parts.push(part));
            answer.on('error', failed);
            answer.on('end', () => done({ status: answer.statusCode, headers: new Headers(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])), text: Buffer.concat(parts).toString() }));
        });
        // A kept connection may end, idle for too long, just when it is taken again.
        call.on('error', (error) => (call.reusedSocket && error.code === 'ECONNRESET' ? send({ method, path, headers, body }).then(done, failed) : failed(error)));
        call.end(body);
    });
}

function build(path, method, operation) {
    const parameters = (operation.parameters ?? []).map((one) => resolve([], one)[1]);
    const { body, type } = bodyOf(operation);
    const headers = { authorization: random(25) ? `Bearer ${KEY}` : pick(ODD_KEYS) };
    if (type !== undefined) headers['content-type'] = type;
    if (body !== undefined) headers['content-length'] = Buffer.byteLength(body);
    if (random(10) === 0) headers.accept = pick(ODD_ACCEPTS);
    if (random(10) === 0) headers['accept-language'] = pick(['en', 'xx', '*', ',;q=', 'fr;q=0, en;q=0', 'x'.repeat(400)]);
    if (random(10) === 0) headers['x-request-id'] = pick(['abc', '', ' ', '<>', 'x'.repeat(100), 'a b']);
    for (const { name } of parameters.filter((one) => one.in === 'header' && !(one.name.toLowerCase() in headers)))
        if (random(3) === 0) headers[name.toLowerCase()] = pick(['en', '', 'x'.repeat(200), '"1"', '*']);
    const verb = random(15) ? method.toUpperCase() : pick(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']);
    return { method: verb, path: addressOf(path, parameters), headers, body };
}

const calls = Object.entries(openapi.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, operation })));
const tally = { requests: 0, refused: 0, answered: 0 };

async function judge(sent) {
    const { status, headers, text } = await send(sent);
    const said = `${sent.method} ${sent.path} ${JSON.stringify(sent.headers)} ${String(sent.body).slice(0, 400)} → ${status} ${text.slice(0, 300)}`;
    tally.requests++;
    tally[status < 400 ? 'answered' : 'refused']++;
    assert.ok(status < 500, said);
    try {
        check(sent.method, sent.path.split('?')[0], status, headers, text);
    } catch (error) {
        assert.fail(`${error.message}\n${said}`);
    }
    if (status >= 400) assert.equal(headers.get('content-type'), 'application/problem+json', said);
}

for (const { path, method, operation } of calls)
    test(`${method.toUpperCase()} ${path}`, async () => {
        const requests = Array.from({ length: ROUNDS }, () => build(path, method, operation));
        const next = async () => {
            for (let sent = requests.pop(); sent; sent = requests.pop()) await judge(sent);
        };
        await Promise.all(Array.from({ length: AT_ONCE }, next));
    });

test('bytes that are hardly HTTP end the connection or are refused, and the server goes on', async (t) => {
    const seed = `POST /predict HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\nContent-Length: 16\r\nConnection: close\r\n\r\n{"features": {}}`;
    const pieces = ['\r\n', '\n', '\r', ' ', ':', '\0', '\x7f', '\xff', 'HTTP/9.9', 'Transfer-Encoding: chunked\r\n', 'Content-Length: -1\r\n',
        'Content-Length: 99999999999999999999\r\n', 'Host: y\r\n', 'Expect: 100-continue\r\n', '%', '/../', 'x'.repeat(3000), 'GET / HTTP/1.1\r\n\r\n'];
    const statuses = {};
    const attempt = () => new Promise((done) => {
        let bytes = seed;
        for (let change = random(3); change >= 0; change--) {
            const at = random(bytes.length + 1);
            bytes = bytes.slice(0, at) + pick(pieces) + bytes.slice(at + random(12));
        }
        let text = '';
        const socket = connect(backend.port, '127.0.0.1', () => socket.end(Buffer.from(bytes, 'latin1')));
        socket.setTimeout(200, () => socket.destroy()); // it waits for the rest of a body
        socket.on('data', (part) => { text += part.toString('latin1'); });
        socket.on('error', () => {});
        socket.on('close', () => {
            const [, status = 'closed'] = /^HTTP\/1\.[01] (\d{3})/.exec(text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '')) ?? [];
            statuses[status] = (statuses[status] ?? 0) + 1;
            done([status, bytes]);
        });
    });
    for (let round = 0; round < 30; round++)
        for (const [status, bytes] of await Promise.all(Array.from({ length: 10 }, attempt)))
            assert.ok(status === 'closed' || Number(status) < 500 || status === '505' || status === '501', `${status}: ${JSON.stringify(bytes)}`);
    assert.equal((await backend.post('/predict', { features: {} })).status, 200);
    t.diagnostic(`heads: ${JSON.stringify(statuses)}`);
});

test('all that was tried', (t) => {
    assert.equal(tally.requests, calls.length * ROUNDS);
    assert.ok(tally.refused > tally.requests / 4 && tally.answered > tally.requests / 20, JSON.stringify(tally));
    assert.ok(!backend.exited);
    assert.doesNotMatch(backend.log, /"level": ?"error"/);
    t.diagnostic(`${tally.requests} bad requests over ${calls.length} calls: ${tally.refused} problem documents, ${tally.answered} valid answers, 0 anything else`);
});
