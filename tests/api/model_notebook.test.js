// 02_model from the command line: the whole study in its quick form, what it leaves, and what it refuses.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { build, environment, importPortfolio, makeFolder as makeBase, makePortfolio, root, startBackend } from './support/backend.js';

const base = makeBase();
const makeFolder = () => mkdtempSync(join(base, 'part-'));
const program = build.startsWith('/') ? join(build, '02_model') : join(root, build, '02_model');
// Threads that wait without spinning: on a busy machine the trainings are many times faster.
const options = (env = {}) => ({ cwd: root, encoding: 'utf8', env: { ...environment, OMP_WAIT_POLICY: 'passive', ...env } });
const run = (args, env) => spawnSync(program, args, options(env));
const figures = (folder) => JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')).sections;

/** Without what the clock says. */
const timeless = (value) => JSON.stringify(value, (key, inner) => (key === 'seconds' ? undefined : inner));

let portfolio;
before(() => { portfolio = makePortfolio(1200); });

function study(args, env) {
    const folder = makeFolder();
    const model = join(folder, 'models', 'tried');
    const report = join(folder, 'report');
    const result = run(['--data', portfolio, '--out', model, '--report', report, '--quick', ...args], env);
    assert.equal(result.status, 0, result.stderr);
    return { ...result, model, report, sections: figures(report) };
}

describe('the whole study', () => {
    let french;
    before(() => { french = study([], { OMP_NUM_THREADS: '1' }); });

    test('has every section, in order', () => {
        assert.deepEqual(Object.keys(french.sections), ['data', 'split', 'comparison', 'elimination', 'search', 'parameters',
            'validation', 'calibration', 'curves', 'f_beta', 'money', 'hold_out', 'learning', 'stability', 'fairness', 'final',
            'artifact']);
    });

    test('the same seed gives the same figures and trees on more threads, in the other language too', () => {
        const english = study(['--lang', 'en'], { OMP_NUM_THREADS: '3' });
        const unworded = (sections) => {
            const { validation, calibration, curves, hold_out: held, learning } = sections;
            const { auc_sd, changed_pair, changed_any, trainings } = sections.stability;
            return timeless({ validation, calibration, curves, rows: held.rows, auc: held.auc, learning, auc_sd, changed_pair,
                changed_any, trainings, methods: sections.comparison.methods, curve: sections.elimination.curve,
                search: sections.search.progress, money: sections.money.curve, f: sections.f_beta.curve });
        };
        assert.equal(unworded(english.sections), unworded(french.sections));
        assert.deepEqual(readFileSync(join(english.model, 'model.ubj')), readFileSync(join(french.model, 'model.ubj')));
        assert.deepEqual(readFileSync(join(english.model, 'reference.json')), readFileSync(join(french.model, 'reference.json')));
        const page = readFileSync(join(english.report, 'model.html'), 'utf8');
        assert.match(page, /<h1>Choosing and training the model<\/h1>/);
        assert.match(readFileSync(join(french.report, 'model.html'), 'utf8'), /<h1>Choisir et entraîner le modèle<\/h1>/);
    });

    test('figures agree with each other', () => {
        const { data, split, f_beta: f, money, validation, fairness } = french.sections;
        const counted = (part) => split.parts.reduce((sum, row) => sum + row[part], 0);
        assert.equal(counted('rows'), data.rows);
        assert.ok(Math.abs(counted('defaults') / data.rows - data.default_rate) < 1e-9);
        for (const row of [...f.confusions, ...money.confusions]) {
            assert.equal(row.true_negatives + row.false_positives + row.false_negatives + row.true_positives, data.rows);
            assert.equal(row.false_negatives + row.true_positives, counted('defaults'));
        }
        f.table.forEach((row, i) => {
            const { true_positives: tp, false_positives: fp, false_negatives: fn } = f.confusions[i];
            const square = (i + 2) ** 2;
            assert.ok(Math.abs(row.value - (1 + square) * tp / ((1 + square) * tp + square * fn + fp)) < 1e-9);
            assert.ok(Math.abs(row.false_positives - fp / data.rows) < 1e-9);
            if (i > 0) assert.ok(row.recall >= f.table[i - 1].recall);
        });
        const [analytic, cheapest] = money.table;
        assert.ok(Math.abs(analytic.threshold - 1 / 11) < 1e-9);
        assert.ok(cheapest.cost <= analytic.cost);
        const { false_positives: fp, false_negatives: fn } = money.confusions[0];
        assert.ok(Math.abs(analytic.cost - (10 * fn + fp) / data.rows) < 1e-9);
        const mean = validation.folds.reduce((sum, fold) => sum + fold.fold_auc, 0) / validation.folds.length;
        assert.ok(Math.abs(mean - validation.auc_mean) < 1e-9);
        for (const group of fairness.groups) assert.ok(group.granted_low <= group.granted && group.granted <= group.granted_high);
    });

    test('the backend serves the artifact', async () => {
        const database = `sqlite:${makeFolder()}/store.db`;
        importPortfolio(portfolio, database, french.model);
        const backend = await startBackend({ database, env: { MODEL_DIR: french.model } });
        const { body } = await backend.get('/model');
        assert.equal(body.version, 'tried');
        await backend.stop();
        const card = readFileSync(join(french.model, 'card.md'), 'utf8');
        assert.match(card, /02_model --data DIR --out models\/tried --quick\n/);
        assert.ok(!card.includes(portfolio));
    });
});

test('the short way writes the same model as long as nothing is chosen', () => {
    const short = study(['--sections', 'none']);
    const checked = study(['--sections', 'hold-out']);
    assert.deepEqual(Object.keys(short.sections).includes('comparison'), false);
    assert.deepEqual(readFileSync(join(short.model, 'model.ubj')), readFileSync(join(checked.model, 'model.ubj')));
    assert.deepEqual(readdirSync(short.model).sort(), ['card.md', 'model.json', 'model.ubj', 'reference.json']);
});

test('a search is taken up where it was left, for the goal it was for', () => {
    const journal = join(makeFolder(), 'trials.ndjson');
    const search = ['--sections', 'search', '--journal', journal, '--goal', 'money'];
    const first = study([...search, '--trials', '2']);
    const more = study([...search, '--trials', '3']);
    assert.equal(more.sections.search.trials, 3);
    assert.deepEqual(more.sections.search.progress.trial.y.slice(0, 2), first.sections.search.progress.trial.y);
    const other = run(['--data', portfolio, '--report-only', '--report', makeFolder(), '--quick', '--sections', 'search',
        '--journal', journal, '--goal', 'f_beta', '--beta', '3']);
    assert.equal(other.status, 1);
    assert.match(other.stderr, /trials\.ndjson/);
});

test('costs by amount, and other rows to try it on', () => {
    const { sections, model } = study(['--sections', 'none', '--loss-given-default', '0.6', '--margin', '0.05',
        '--test', makePortfolio(600, 9)]);
    assert.ok(Math.abs(sections.money.threshold - 0.05 / 0.65) < 1e-9);
    assert.ok(sections.money.table[0].cost > 100);
    assert.equal(sections.elsewhere.rows > 500, true);
    assert.ok(JSON.parse(readFileSync(join(model, 'model.json'), 'utf8')).test.auc > 0.4);
});

/** A matrix as 01_explore writes it, of made-up clients: the outcome follows one column. */
function makeMatrix(rows, { header = 'SK_ID_CURR,TARGET,Age,CODE_GENDER_M,SCORE', target = (i) => Number(i % 7 === 0) } = {}) {
    const path = join(makeFolder(), 'matrix.csv');
    const lines = [header];
    for (let i = 0; i < rows; i++)
        lines.push([1000 + i, target(i), 20 + (i * 37) % 50, i % 2, (target(i) ? 0.5 : 0) + ((i * 7919) % 100) / 100].join(','));
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
}

test('columns that are not the catalogue\'s are studied, not served', () => {
    const folder = makeFolder();
    const out = join(folder, 'model');
    const result = run(['--data', makeMatrix(900), '--out', out, '--report', join(folder, 'report'), '--quick', '--sections',
        'hold-out,elimination,stability']);
    assert.equal(result.status, 0, result.stderr);
    assert.match(result.stdout, /no artifact: the columns are not the catalogue's/);
    assert.equal(existsSync(out), false);
    const sections = figures(join(folder, 'report'));
    assert.ok(sections.validation.auc > 0.7);
    assert.equal(sections.fairness.groups.length, 7);
});

describe('what is wrong is told, and nothing is left', () => {
    const refused = (args, words) => {
        const folder = makeFolder();
        const result = run([...args, '--report', join(folder, 'report'), '--quick', '--sections', 'none']);
        assert.equal(result.status, 1, result.stdout);
        assert.match(result.stderr.trim().split('\n').at(-1), words);
        assert.deepEqual(readdirSync(folder), []);
    };
    const only = (data, ...more) => ['--data', data, '--report-only', ...more];

    test('data', () => {
        refused(only('/nowhere'), /\/nowhere: No such file/);
        refused(only(makeFolder()), /application_train\.csv/);
        refused(only(makeMatrix(900, { header: 'SK_ID_CURR,OUTCOME,Age,CODE_GENDER_M,SCORE' })), /TARGET/);
        refused(only(makeMatrix(900, { target: () => 0 })), /class|TARGET/);
        refused(only(makeMatrix(40)), /at least|100/);
        refused(only(makeMatrix(300, { target: (i) => Number(i < 5) })), /who defaulted.*needed/);
    });
    test('folds', () => {
        const folds = join(makeFolder(), 'folds.csv');
        writeFileSync(folds, 'SK_ID_CURR,fold\n1,0\n2,1\n');
        refused(only(portfolio, '--folds', folds), /has no fold/);
        refused(only(portfolio, '--folds', '/nowhere.csv'), /nowhere\.csv/);
    });
    test('options', () => {
        refused(['--report-only'], /--data is needed/);
        refused(['--data', portfolio], /--out DIR is needed/);
        refused(only(portfolio, '--seed', '-1'), /--seed.*whole number/);
        refused(only(portfolio, '--hold-out', '0.9'), /--hold-out.*0 to 0\.5/);
        refused(only(portfolio, '--goal', 'fame'), /none of auc, money and f_beta/);
        refused(only(portfolio, '--lang', 'de'), /neither fr nor en/);
        refused(only(portfolio, '--margin', '0.1'), /go together/);
        refused(only(portfolio, '--margin', '0.1', '--loss-given-default', '0.5', '--missed-cost', '3'), /not both/);
        refused(only(portfolio, '--stability', '1'), /--stability.*2 to/);
        refused(only(portfolio, 'more'), /"more": not expected/);
        refused(only(makeMatrix(900), '--margin', '0.1', '--loss-given-default', '0.5'), /AMT_CREDIT/);
        assert.match(run(['--data', portfolio, '--report-only', '--sections', 'learning,all,nonsense']).stderr, /"nonsense" is none of/);
    });
    test('help', () => {
        const help = run(['--help']);
        assert.equal(help.status, 0);
        assert.match(help.stdout, /Examples:/);
    });

    test('an interruption', async () => {
        const folder = makeFolder();
        const child = spawn(program, ['--data', portfolio, '--out', join(folder, 'models', 'm'), '--report', join(folder, 'report')],
            { ...options(), stdio: ['ignore', 'pipe', 'ignore'] });
        await new Promise((resolve) => { child.stdout.once('data', resolve); });
        child.kill('SIGINT');
        const signal = await new Promise((resolve) => { child.on('exit', (_, name) => resolve(name)); });
        assert.equal(signal, 'SIGINT');
        assert.deepEqual(readdirSync(folder), []);
    });
});
