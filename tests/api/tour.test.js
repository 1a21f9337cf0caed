// docs/api.md is true: every command runs, every answer is as shown, every call of the contract is there.
// UPDATE_TOUR=1 writes the answers of this run into the page.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { KEY, importPortfolio, makeDatabase, makePortfolio, root, startBackend } from './support/backend.js';
import { openapi, resolve, schemaAt, templateOf, validate } from './support/contract.js';
import { abridge, difference, differenceOfText, layOut, readTour, runTour } from './support/tour.js';

const path = join(root, 'docs/api.md');
const page = readFileSync(path, 'utf8');
const EXACT = new Set(['title', 'status', 'detail', 'pointer', 'decision', 'unit', 'theme', 'direction']);

let backend;
let blocks;
before(async () => {
    const database = makeDatabase();
    const portfolio = makePortfolio(400, 1);
    importPortfolio(portfolio, database);
    backend = await startBackend({ database });
    blocks = await runTour(readTour(page), { url: backend.url, key: KEY, portfolio });
});
after(() => backend?.stop());

const operationOf = ({ method, url }) => {
    const template = templateOf(url.pathname);
    return openapi.paths[template]?.[method.toLowerCase()] && `${method} ${template}`;
};

function assertContract({ method, url, status }, answer, command) {
    const at = ['paths', templateOf(url.pathname), method.toLowerCase(), 'responses', String(status)];
    const [where, { content }] = resolve(at, at.reduce((node, part) => node?.[part], openapi));
    const type = ['application/json', 'application/problem+json'].find((one) => one in content);
    validate(schemaAt(...where, 'content', type, 'schema'), answer, command);
}

test('every command does what is shown', () => {
    assert.ok(blocks.length > 15);
    for (const { command, calls, kind, status, shown, output, said } of blocks) {
        assert.equal(said, '', command);
        assert.ok(calls.length > 0, command);
        for (const call of calls) {
            assert.ok(operationOf(call), `${call.method} ${call.url} is not in the contract`);
            const last = call === calls.at(-1);
            assert.ok(last && status ? call.status === status : call.status < 300, `${command} → ${call.status} ${output}`);
        }
        if (kind === 'json') assertContract(calls.at(-1), JSON.parse(output), command);
        if (process.env.UPDATE_TOUR || !kind) continue;
        const found = kind === 'json' ? difference(JSON.parse(shown), JSON.parse(output), EXACT) : differenceOfText(shown, output);
        assert.equal(found, undefined, `${command}\n${output.slice(0, 2000)}`);
    }
});

test('every call of the contract is in the tour', () => {
    const seen = new Set(blocks.flatMap(({ calls }) => calls.map(operationOf)));
    const all = Object.entries(openapi.paths)
        .flatMap(([template, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${template}`));
    assert.deepEqual(all.filter((call) => !seen.has(call)), []);
});

test('what is not as shown is found', () => {
    const answer = { id: 1, list: [{ a: 'x' }, { a: 'y' }], detail: 'so', none: null };
    const shown = { id: 2, list: [{ a: 'z' }, '…'], detail: 'so', none: null };
    assert.equal(difference(shown, answer, EXACT), undefined);
    for (const wrong of [{ ...shown, more: 1 }, { ...shown, id: '2' }, { ...shown, list: [{ a: 'z' }] }, { ...shown, list: [{ b: 1 }, '…'] },
        { ...shown, detail: 'else' }, { ...shown, none: [] }, { id: 2 }])
        assert.notEqual(difference(wrong, answer, EXACT), undefined, JSON.stringify(wrong));
    assert.equal(differenceOfText('a,1\n…b\n', 'a,22\nxxb\nrest'), undefined);
    assert.notEqual(differenceOfText('a,1\nb\n', 'a,x\nb\n'), undefined);
});

test('the answers of this run are written into the page', { skip: !process.env.UPDATE_TOUR }, () => {
    let text = page;
    for (const { kind, at, end, output } of blocks.toReversed())
        if (kind === 'json') text = `${text.slice(0, at)}${layOut(abridge(JSON.parse(output)))}\n${text.slice(end)}`;
    writeFileSync(path, text);
});
