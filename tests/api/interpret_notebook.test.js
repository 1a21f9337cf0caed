// 03_interpret as somebody at a terminal runs it: the report's figures hold together, and mistakes are told.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { build, makeFolder, makePortfolio, model, root } from './support/backend.js';

const CLIENTS = 400;
const data = makePortfolio(CLIENTS);

function interpret(options, env = {}) {
    return spawnSync(join(root, build, '03_interpret'), options,
        { cwd: root, encoding: 'utf8', env: { ...process.env, ...env } });
}

const usual = (out, ...more) => ['--model', model, '--data', data, '--out', out, '--sample', '200', ...more];

function report(...more) {
    const out = makeFolder();
    const ended = interpret(usual(out, ...more));
    assert.equal(ended.status, 0, ended.stderr);
    return { page: readFileSync(join(out, 'interpret.html'), 'utf8'), printed: ended.stdout,
        ...JSON.parse(readFileSync(join(out, 'interpret.json'), 'utf8')) };
}

test('figures of the sections agree with each other', () => {
    const { page, printed, report: about, sections } = report('--lang', 'en');
    assert.equal(about.name, 'interpret');
    assert.equal(sections.model.clients, 200);
    assert.ok(sections.model.worst_sum < 1e-9, 'contributions add up to the margin');

    const { features, themes } = sections.importance;
    const weights = features.map((feature) => feature.weight);
    assert.deepEqual(weights, weights.toSorted?.((a, b) => b - a) ?? [...weights].sort((a, b) => b - a));
    const sum = (values) => values.reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum(weights) - sum(themes.weight)) < 1e-9, 'themes share out what features weigh');

    assert.equal(sections.summary.swarm.x.length, 15 * 200);
    const original = ['EXT_SOURCE_2', 'DAYS_BIRTH', 'CODE_GENDER', 'NAME_FAMILY_STATUS'];
    for (const name of original) assert.ok(sections.dependence[name].x.length > 0, name);
    assert.ok(Math.min(...sections.dependence.DAYS_BIRTH.x) > 18, 'an age is told in years');
    const tenths = sections.dependence.tenths.filter((row) => row.label === 'Age');
    assert.equal(sum(tenths.map((row) => row.clients)), 200);

    const { pairs, map } = sections.interactions;
    const strongest = Math.max(...map.values.flat().filter((value) => value !== null));
    assert.ok(Math.abs(pairs[0].mean - strongest) < 1e-9);
    assert.ok(strongest > 0);
    map.values.forEach((row, i) => row.forEach((value, j) => assert.equal(value, map.values[j][i])));

    const { granted, borderline, refused } = sections;
    assert.ok(granted.probability < borderline.probability && borderline.probability < refused.probability);
    assert.ok(granted.score > borderline.score && borderline.score > refused.score);
    for (const client of [granted, borderline, refused]) {
        assert.ok(client.reasons.length >= 4);
        for (const { fact, side, points } of client.reasons) {
            assert.doesNotMatch(fact, /^(Gender|Age|Family status):/);
            assert.equal(points > 0, side === 'for');
        }
    }
    assert.equal(sections.glossary.variables.length, 180);
    for (const text of ['What drives the model', 'A client who is refused']) assert.ok(page.includes(text) && (printed.includes(text) || text.startsWith('What')));
});

test('the same figures in French, with another partner for the colour', () => {
    const { page, sections } = report('--dependence', 'EXT_MEAN,AMT_CREDIT:AMT_ANNUITY');
    assert.match(page, /<html lang="fr"/);
    assert.ok(page.includes('Ce qui guide le modèle'));
    assert.deepEqual(Object.keys(sections.dependence).sort(), ['AMT_CREDIT', 'EXT_MEAN', 'tenths']);
});

test('threads change nothing to the last digit', () => {
    const [one, two] = ['1', '2'].map((threads) => {
        const out = makeFolder();
        assert.equal(interpret(usual(out), { OMP_NUM_THREADS: threads }).status, 0);
        return readFileSync(join(out, 'interpret.json'), 'utf8');
    });
    assert.equal(one, two);
});

test('mistakes are told in one line, and nothing is written', () => {
    const out = join(makeFolder(), 'out');
    const cases = [
        [[], /--model, --data and --out are needed/],
        [usual(out, 'more'), /"more" is one argument too many/],
        [usual(out, '--sample', '49'), /--sample: from 50 to 100000 clients, not 49/],
        [usual(out, '--sample', 'many'), /--sample: "many" is not a whole number/],
        [usual(out, '--lang', 'de'), /--lang: "de" is neither fr nor en/],
        [usual(out, '--dependence', 'EXT_SOURCE_9'), /there is no feature "EXT_SOURCE_9"/],
        [usual(out, '--dependence', 'EXT_MEAN:AGE'), /there is no feature "AGE"/],
        [usual(out, '--dependence', ''), /at least one feature is needed/],
        [usual(out, '--model', 'models/none'), /models\/none\/model\.json/],
        [usual(out, '--data', '/nowhere'), /\/nowhere\/application_train\.csv/],
        [usual(out, '--wrong'), /see 03_interpret --help/],
    ];
    for (const [options, said] of cases) {
        const ended = interpret(options);
        assert.equal(ended.status, 1, options.join(' '));
        assert.match(ended.stderr, said);
        assert.ok(!existsSync(out) || readdirSync(out).length === 0);
    }
    assert.match(interpret(['--help']).stdout, /Examples:/);
});
