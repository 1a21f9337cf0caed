// README's table of settings says what the programs say.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { build, root } from './support/backend.js';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** The variables that a program's --help lists: name → default. */
function settings(program) {
    const path = build.startsWith('/') ? join(build, program) : join(root, build, program);
    const help = execFileSync(path, ['--help'], { cwd: root }).toString();
    return [...help.matchAll(/^ {2}([A-Z_]+) +.* \(default: (.*)\)$/gm)].map(([, name, value]) => [name, value]);
}

for (const [column, program] of [[1, 'backend'], [2, 'frontend']]) {
    test(`the settings of the ${program} are in README`, () => {
        const found = settings(program);
        assert.ok(found.length > 5);
        for (const [name, value] of found) {
            const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
            assert.ok(row, `${name} is not in README's table`);
            const cell = row.split('|')[column + 1].trim();
            assert.equal(cell, value === 'none' ? 'none' : `\`${value}\``, `${name} of the ${program}`);
        }
    });
}

test('every variable of README exists', () => {
    const known = new Set([...settings('backend'), ...settings('frontend')].map(([name]) => name));
    for (const [, name] of readme.matchAll(/^\| `([A-Z_]+)` \|/gm)) assert.ok(known.has(name), name);
});
