// The contract itself: references, examples, and that the server offers what it says and nothing else.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { lint, loadConfig } from '@redocly/openapi-core';
import { KEY, importPortfolio, makeDatabase, makePortfolio, root, startBackend } from './support/backend.js';
import { openapi, resolve, schemaAt, validate } from './support/contract.js';

let backend;
before(async () => {
    const database = makeDatabase();
    importPortfolio(makePortfolio(50), database);
    backend = await startBackend({ database });
});
after(() => backend?.stop());

function* nodes(value, where = []) {
    if (value === null || typeof value !== 'object') return;
    yield [where, value];
    for (const [name, child] of Object.entries(value)) yield* nodes(child, [...where, name]);
}

test('the linter has nothing to say, by the rules of redocly.yaml', async () => {
    const config = await loadConfig({ configPath: join(root, 'redocly.yaml') });
    const problems = await lint({ ref: join(root, 'backend/openapi.json'), config });
    assert.deepEqual(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} (${location[0]?.pointer})`), []);
});

test('it has every route of the server and no other', () => {
    const routes = readFileSync(join(root, 'backend/resources/routes.c'), 'utf8')
        .matchAll(/^ +\{"([A-Z]+)", "([^"]+)",/gm);
    const served = [...routes].map(([, method, path]) => `${method} ${path.replaceAll(/:([a-z_]+)/g, '{$1}')}`);
    const described = Object.entries(openapi.paths)
        .flatMap(([path, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`));
    assert.ok(served.length > 10);
    assert.deepEqual(described.sort(), served.sort());
});

const BINARY = new Set(['application/octet-stream', 'multipart/form-data']);

test('every body has an example, errors too', () => {
    let seen = 0;
    for (const [where, node] of nodes(openapi)) {
        if (where.at(-1) !== 'content') continue;
        for (const [type, body] of Object.entries(node)) {
            if (BINARY.has(type)) continue; // cannot be written down in JSON
            assert.ok('example' in body || Object.keys(body.examples ?? {}).length, `${where.join('/')}: ${type}`);
            seen++;
        }
    }
    assert.ok(seen > 20);
});

test('what is answered is described to the last field', () => {
    const included = new Set(); // a part is closed by those who include it
    for (const [, node] of nodes(openapi))
        for (const { $ref } of node.allOf ?? []) included.add($ref);
    for (const [where, node] of nodes(openapi.components.schemas)) {
        if (!node.properties || where[0].endsWith('Request')) continue; // a protocol of others may send more
        const closed = node.additionalProperties === false || node.unevaluatedProperties === false;
        assert.ok(closed || (where.length === 1 && included.has(`#/components/schemas/${where[0]}`)), where.join('/'));
    }
});

test('every schema has a type, which generators of clients need', () => {
    for (const [where, node] of nodes(openapi)) {
        if (where.includes('example') || where.includes('examples')) continue;
        if ('enum' in node || 'const' in node || 'properties' in node) assert.ok('type' in node, where.join('/'));
    }
});

test('every reference leads somewhere', () => {
    for (const [where, node] of nodes(openapi))
        if (typeof node.$ref === 'string') assert.ok(resolve(where, node)[1], `${where.join('/')}: ${node.$ref}`);
});

test('every component is used', () => {
    const text = JSON.stringify(openapi);
    for (const [kind, entries] of Object.entries(openapi.components))
        if (kind !== 'securitySchemes')
            for (const name of Object.keys(entries))
                assert.ok(text.includes(`"#/components/${kind}/${name}"`), `${kind}/${name}`);
});

test('every example is what its schema says', () => {
    let seen = 0;
    for (const [where, node] of nodes(openapi)) {
        if (!node.schema || where.includes('parameters') || where.includes('headers')) continue;
        const examples = [node.example, ...Object.values(node.examples ?? {}).map((example) => example.value)];
        for (const example of examples.filter((value) => value !== undefined)) {
            validate(schemaAt(...where, 'schema'), example, where.join('/'));
            seen++;
        }
    }
    assert.ok(seen > 15);
});

test('operations have names, tags, and an answer for every kind of error they can give', () => {
    const names = new Set();
    for (const [path, item] of Object.entries(openapi.paths)) {
        for (const [method, operation] of Object.entries(item)) {
            assert.ok(!names.has(operation.operationId), operation.operationId);
            names.add(operation.operationId);
            assert.ok(openapi.tags.some((tag) => tag.name === operation.tags[0]), `${method} ${path}`);
            assert.equal('401' in operation.responses, operation.security?.length !== 0, `${method} ${path}`);
            for (const [, parameter] of path.matchAll(/\{([^}]+)\}/g))
                assert.ok(operation.parameters.some((one) => resolve([], one)[1].name === parameter));
        }
    }
});

test('the server gives the contract and has every path of it', async () => {
    const { body } = await backend.get('/openapi.json', { key: '' });
    assert.deepEqual(body, openapi);
    for (const path of Object.keys(openapi.paths)) {
        const address = path.replaceAll(/\{[^}]+\}/g, '1');
        const response = await fetch(backend.url + address, { method: 'PATCH', headers: { authorization: `Bearer ${KEY}` } });
        assert.equal(response.status, 405, path);
        const allowed = response.headers.get('allow').split(', ').filter((method) => method !== 'HEAD');
        assert.deepEqual(allowed.map((method) => method.toLowerCase()), Object.keys(openapi.paths[path]));
    }
});
