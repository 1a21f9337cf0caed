// Holds answers against backend/openapi.json.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const path = new URL('../../../backend/openapi.json', import.meta.url);
export const openapi = JSON.parse(readFileSync(path, 'utf8'));

const ajv = new Ajv2020.default({ strict: false, allErrors: true, validateSchema: false });
addFormats.default(ajv);
ajv.addSchema({ $id: 'openapi.json', ...openapi });

const escape = (part) => part.replaceAll('~', '~0').replaceAll('/', '~1');
const validators = new Map();

/** The validator of the schema at a JSON pointer of the contract, given as its parts. */
export function schemaAt(...parts) {
    const pointer = parts.map(escape).map(encodeURIComponent).join('/');
    if (!validators.has(pointer)) validators.set(pointer, ajv.compile({ $ref: `openapi.json#/${pointer}` }));
    return validators.get(pointer);
}

/** Follows a $ref of the contract: [where the target stands, the target]. */
export function resolve(where, value) {
    if (!value?.$ref) return [where, value];
    const parts = value.$ref.slice(2).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    return [parts, parts.reduce((node, part) => node?.[part], openapi)];
}

/** The contract's path that a concrete one belongs to. */
export function templateOf(pathname) {
    const matches = (template) =>
        new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(pathname);
    return Object.keys(openapi.paths).find((template) => !template.includes('{') && matches(template))
        ?? Object.keys(openapi.paths).find(matches);
}

/** Asserts that an answer is one the contract allows for this call: status, headers, media type, body. */
export function check(method, pathname, status, headers, text) {
    const template = templateOf(pathname);
    const operation = openapi.paths[template]?.[method === 'HEAD' ? 'get' : method.toLowerCase()];
    const said = `${method} ${pathname} → ${status}`;
    const type = (headers.get('content-type') ?? '').split(';')[0];
    assert.match(headers.get('x-request-id') ?? '', /^[A-Za-z0-9_-]{1,32}$/, said);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', said);
    if (!operation) {
        assert.ok(status === 404 || status === 405, said);
        assert.equal(type, 'application/problem+json', said);
        if (method !== 'HEAD') validate(schemaAt('components', 'schemas', 'Problem'), JSON.parse(text), said);
        return;
    }
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    const [where, response] = resolve(['paths', template, verb, 'responses', String(status)],
        operation.responses[status]);
    assert.ok(response, `${said} is not in the contract: ${text.slice(0, 300)}`);
    for (const name of Object.keys(response.headers ?? {})) assert.ok(headers.get(name), `${said}: no ${name}`);
    assert.ok(response.content[type], `${said}: ${type}`);
    if (method === 'HEAD') {
        assert.equal(text, '', said);
    } else if (type === 'application/x-ndjson') { // the schema is that of a line
        assert.ok(text === '' || text.endsWith('\n'), said);
        const validator = schemaAt(...where, 'content', type, 'schema');
        for (const line of text.split('\n').slice(0, -1)) validate(validator, JSON.parse(line), said);
    } else if (type.endsWith('json')) {
        validate(schemaAt(...where, 'content', type, 'schema'), JSON.parse(text), said);
    }
}

export function validate(validator, value, said) {
    if (!validator(value)) {
        const first = validator.errors.slice(0, 5).map((error) => `${error.instancePath} ${error.message}`);
        assert.fail(`${said}: ${first.join('; ')}`);
    }
}
