// docs/api.md: its commands, and the answers shown after them. A block marked ```sh is run; a ```json or ```text block right after it
// is what its last call answers, "…" standing for what is left out: the rest of a list, of an object, of a text.
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from './backend.js';

const BLOCK = /```sh\n([^]*?)```(?:\n```(json|text)(?: (\d{3}))?\n([^]*?)```)?/g;

/** [{ command, kind, status, shown, at, end }]: `at` and `end` are where what is shown stands in the page. */
export function readTour(page) {
    return [...page.matchAll(BLOCK)].map((match) => {
        const [whole, command, kind, status, shown = ''] = match;
        const end = match.index + whole.length - '```'.length;
        return { command, kind, status: Number(status ?? 0), shown, at: end - shown.length, end };
    });
}

/** The commands that make a block's calls known: curl, with a line "method status type url" for each on standard error. */
function makeCurl(folder) {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'curl'),
        '#!/bin/sh\nexec /usr/bin/curl -w "%{stderr}@ %{method} %{http_code} %{url_effective}\\n" "$@"\n');
    chmodSync(join(bin, 'curl'), 0o755);
    return bin;
}

/** Runs all blocks in one shell. Each gets { output, calls: [{ method, status, url }], said }. */
export async function runTour(blocks, { url, key, portfolio }) {
    const folder = makeFolder();
    const bin = makeCurl(folder);
    mkdirSync(join(folder, 'data'));
    symlinkSync(portfolio, join(folder, 'data', 'demo'));
    writeFileSync(join(folder, 'data', 'demo.env'), `BACKEND_URL='${url}'\nAPI_KEY='${key}'\n`);
    const script = blocks.map(({ command }, index) => `{\n${command}\n} >${index}.out 2>${index}.err\n`).join('');
    await new Promise((done, failed) => {
        execFile('bash', ['-c', script], { cwd: folder, timeout: 120_000, env: { PATH: `${bin}:${process.env.PATH}`, LC_ALL: 'C.UTF-8' } },
            (error) => (error?.killed ? failed(error) : done()));
    });
    return blocks.map((block, index) => {
        const said = readFileSync(join(folder, `${index}.err`), 'utf8');
        const calls = [...said.matchAll(/^@ ([A-Z]+) (\d{3}) (\S+)$/gm)]
            .map(([, method, status, address]) => ({ method, status: Number(status), url: new URL(address) }));
        return { ...block, calls, output: readFileSync(join(folder, `${index}.out`), 'utf8'), said: said.replaceAll(/^@ .*\n/gm, '') };
    });
}

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

/** What in `actual` is not as `shown`; undefined when all is. Numbers and texts differ from run to run and are held to their kind, and
 * null may have become one of them meanwhile; `exact` names fields whose text must be the same. */
export function difference(shown, actual, exact, where = '') {
    if (shown === '…') return undefined;
    if (Array.isArray(shown)) {
        if (!Array.isArray(actual)) return `${where} is no list`;
        const open = shown.at(-1) === '…';
        const entries = open ? shown.slice(0, -1) : shown;
        if (open ? actual.length < entries.length : actual.length !== entries.length) return `${where} has ${actual.length} entries`;
        return first(entries.keys(), (index) => difference(entries[index], actual[index], exact, `${where}/${index}`));
    }
    if (isObject(shown)) {
        if (!isObject(actual)) return `${where} is no object`;
        const names = Object.keys(shown).filter((name) => name !== '…');
        const missing = names.find((name) => !(name in actual));
        if (missing !== undefined) return `${where}/${missing} is missing`;
        const more = Object.keys(actual).find((name) => !names.includes(name));
        if (more !== undefined && !('…' in shown)) return `${where}/${more} is not shown`;
        return first(names, (name) => difference(shown[name], actual[name], exact, `${where}/${name}`));
    }
    const name = where.split('/').at(-1);
    const isEmpty = shown === null || actual === null;
    const goesOn = name === 'status' && typeof shown === 'string'; // of a batch, which is worked on meanwhile
    if (exact.has(name) && !goesOn ? shown !== actual : typeof shown !== typeof actual && !isEmpty)
        return `${where} is ${JSON.stringify(actual)}`;
    return undefined;
}

function first(keys, find) {
    for (const key of keys) {
        const found = find(key);
        if (found !== undefined) return found;
    }
    return undefined;
}

/** The same of lines: numbers stand for any number, "…" for anything. */
export function differenceOfText(shown, output) {
    const lines = output.split('\n');
    return shown.trimEnd().split('\n').find((line, index) => {
        const pattern = line.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\d+/g, '\\d+').replaceAll('…', '.*');
        return !new RegExp(`^${pattern}$`).test(lines[index] ?? '');
    });
}

const SHORT = 140;

/** An answer as it is shown: the first entries of long lists, the first fields of long objects. */
export function abridge(value, depth = 0) {
    if (Array.isArray(value)) {
        const keep = value.every((entry) => JSON.stringify(entry).length < SHORT) ? 5 : 1;
        const entries = value.slice(0, keep).map((entry) => abridge(entry, depth + 1));
        return value.length > entries.length ? [...entries, '…'] : entries;
    }
    if (isObject(value)) {
        const fields = Object.entries(value);
        const keep = fields.length > 20 ? 5 : fields.length > 5 && depth > 2 ? 3 : fields.length;
        const kept = fields.slice(0, keep).map(([name, field]) => [name, abridge(field, depth + 1)]);
        return Object.fromEntries(keep < fields.length ? [...kept, ['…', '…']] : kept);
    }
    return typeof value === 'string' && value.length > SHORT ? '…' : value;
}

/** JSON with short things on one line. */
export function layOut(value, indent = '') {
    const flat = JSON.stringify(value, null, 1)?.replaceAll(/\n */g, ' ').replaceAll(/^\[ | \]$/g, (edge) => edge.trim());
    const line = flat.replaceAll('[ ', '[').replaceAll(' ]', ']');
    if (indent.length + line.length <= 110 || value === null || typeof value !== 'object') return line;
    const inner = `${indent}  `;
    const parts = Array.isArray(value)
        ? value.map((entry) => layOut(entry, inner))
        : Object.entries(value).map(([name, field]) => `${JSON.stringify(name)}: ${layOut(field, inner)}`);
    const [open, close] = Array.isArray(value) ? '[]' : '{}';
    return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`;
}
