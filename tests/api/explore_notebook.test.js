// Notebook 1 from end to end: what its JSON says against the files, the same bytes on any number of threads, and what
// it says to wrong data.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { build, environment, makeFolder, makePortfolio, root } from './support/backend.js';

const program = build.startsWith('/') ? join(build, '01_explore') : join(root, build, '01_explore');
const CLIENTS = 1500;
const LEVELS = ['FLAG_OWN_CAR', 'NAME_INCOME_TYPE', 'OCCUPATION_TYPE'];

function explore(data, options = [], threads = 2) {
    const out = join(makeFolder(), 'explored');
    const run = spawnSync(program, ['--data', data, '--out', out, ...options],
        { cwd: root, encoding: 'utf8', env: { ...environment, OMP_NUM_THREADS: String(threads) } });
    return { ...run, out };
}

/** The report for machines of a run that must succeed. */
function figures(run) {
    assert.equal(run.status, 0, run.stderr);
    return JSON.parse(readFileSync(join(run.out, 'explore.json'), 'utf8'));
}

/** The fields of a line, of which some are quoted. */
const split = (line) => line.match(/("[^"]*"|[^,]*)(,|$)/g).map((field) => field.replace(/,$/, '').replaceAll('"', ''));

/** The rows of a CSV file as objects. */
function read(path) {
    const [header, ...lines] = readFileSync(path, 'utf8').trimEnd().split('\n');
    const names = header.split(',');
    return lines.map((line) => {
        const fields = split(line);
        return Object.fromEntries(names.map((name, i) => [name, fields[i]]));
    });
}

const hashes = (folder) => Object.fromEntries(readdirSync(folder).sort()
    .map((name) => [name, createHash('sha256').update(readFileSync(join(folder, name))).digest('hex')]));
const near = (a, b, tolerance = 1e-9) => assert.ok(Math.abs(a - b) <= tolerance * (1 + Math.abs(b)), `${a} is not ${b}`);

let portfolio;
let applications;
before(() => {
    portfolio = makePortfolio(CLIENTS);
    applications = read(join(portfolio, 'application_train.csv'));
});

describe('the whole notebook', () => {
    let run;
    let sections;
    let report;
    before(() => {
        run = explore(portfolio);
        ({ sections, report } = figures(run));
    });

    test('has the sections of the notebook in its order', () => {
        assert.deepEqual(Object.keys(sections), ['tables', 'history', 'types', 'missing', 'duplicates', 'anomalies',
            'classes', 'distributions', 'rates', 'age', 'outliers', 'target', 'correlations', 'drift', 'features']);
        assert.equal(report.command.includes(portfolio), false);
        assert.match(report.data_hash, /^[0-9a-f]{64}$/);
    });

    test('counts what is in the files', () => {
        for (const { file, rows } of sections.tables.files)
            assert.equal(rows, readFileSync(join(portfolio, file), 'utf8').trimEnd().split('\n').length - 1, file);
        assert.equal(sections.tables.applications, CLIENTS);
        const defaulted = applications.filter((row) => row.TARGET === '1').length;
        assert.equal(sections.classes.defaulted, defaulted);
        near(sections.classes.rate, defaulted / CLIENTS);
        assert.ok(sections.classes.low < sections.classes.rate && sections.classes.rate < sections.classes.high);
    });

    test('counts gaps and impossible values', () => {
        assert.ok(sections.missing.columns.length > 40);
        for (const { column, rows, share } of sections.missing.columns) {
            const missing = applications.filter((row) => row[column] === '').length;
            assert.equal(rows, missing, column);
            near(share, missing / CLIENTS);
        }
        assert.equal(sections.anomalies.counts.employed_365243,
            applications.filter((row) => Number(row.DAYS_EMPLOYED) === 365243).length);
    });

    test('tells the default rate of every level', () => {
        const { levels } = sections.rates;
        assert.equal(new Set(levels.map((level) => level.variable)).size, 16);
        for (const variable of LEVELS) {
            const found = levels.filter((level) => level.variable === variable);
            assert.equal(found.reduce((sum, level) => sum + level.clients, 0), CLIENTS);
            for (const { level, clients, defaults, rate, low, high } of found) {
                const rows = applications.filter((row) => row[variable] === (level ?? ''));
                assert.equal(clients, rows.length, `${variable} ${level}`);
                assert.equal(defaults, rows.filter((row) => row.TARGET === '1').length);
                near(rate, defaults / clients);
                assert.ok(low <= rate && rate <= high && low < high);
            }
        }
    });

    test('correlates columns, those counted in days by their length', () => {
        const target = applications.map((row) => Number(row.TARGET));
        const days = applications.map((row) => -Number(row.DAYS_BIRTH));
        const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
        const [x, y] = [mean(days), mean(target)];
        const sum = (f) => days.reduce((total, day, i) => total + f(day - x, target[i] - y), 0);
        const r = sum((a, b) => a * b) / Math.sqrt(sum((a) => a * a) * sum((_, b) => b * b));
        const found = sections.target.columns.find(({ column }) => column === 'DAYS_BIRTH');
        near(found.correlation, r);
        assert.ok(found.low < r && r < found.high);
        for (const pair of sections.correlations.pairs) assert.ok(Math.abs(pair.correlation) > 0.7);
    });

    test('writes both matrices with their dictionaries', () => {
        for (const [file, dictionary] of [['features.csv', 'features_dictionary.csv'], ['features_original.csv', 'features_original_dictionary.csv']]) {
            const [header, ...lines] = readFileSync(join(run.out, file), 'utf8').trimEnd().split('\n');
            assert.equal(lines.length, CLIENTS);
            assert.match(header, /^SK_ID_CURR,TARGET,/);
            assert.deepEqual(lines.map((line) => line.split(',')[0]), applications.map((row) => row.SK_ID_CURR));
            const named = readFileSync(join(run.out, dictionary), 'utf8').trimEnd().split('\n').length - 1;
            const { columns } = sections.features.files.find((row) => row.file === file);
            assert.equal(columns, named);
            assert.equal(header.match(/("[^"]*"|[^,]+)(?=,|$)/g).length, named + 2);
        }
    });

    test('is one page that needs nothing beside it', () => {
        const page = readFileSync(join(run.out, 'explore.html'), 'utf8');
        assert.match(page, /<html lang="fr">/);
        assert.equal(/<(script|link|img)[^>]+(src|href)=/.test(page), false);
    });

    test('gives the same bytes on one thread and on four', () => {
        assert.deepEqual(hashes(explore(portfolio, [], 1).out), hashes(run.out));
        assert.deepEqual(hashes(explore(portfolio, [], 4).out), hashes(run.out));
    });

    test('has the same figures in English', () => {
        const english = figures(explore(portfolio, ['--lang', 'en', '--no-features'])).sections;
        assert.equal(english.classes.rate, sections.classes.rate);
        assert.deepEqual(english.outliers.scores.clients, sections.outliers.scores.clients);
        assert.deepEqual(english.rates.variables.map((row) => row.strength), sections.rates.variables.map((row) => row.strength));
        assert.equal(english.features, undefined);
    });

    test('another seed is another forest, and outliers can be dropped', () => {
        const other = explore(portfolio, ['--outliers', 'drop', '--seed', '9']);
        const found = figures(other).sections;
        assert.notDeepEqual(found.outliers.scores.clients, sections.outliers.scores.clients);
        assert.ok(Math.abs(found.outliers.outliers - CLIENTS / 10) <= 5);
        assert.equal(found.features.clients, CLIENTS - found.outliers.outliers);
        const lines = readFileSync(join(other.out, 'features_original.csv'), 'utf8').trimEnd().split('\n');
        assert.equal(lines.length - 1, found.features.clients);
    });
});

test('against itself a portfolio has not moved; against another one little', () => {
    const itself = figures(explore(portfolio, ['--against', portfolio, '--no-features'])).sections.against;
    assert.equal(itself.worst, 0);
    assert.equal(itself.difference, 0);
    assert.ok(itself.correlations > 4000);
    const other = figures(explore(portfolio, ['--against', makePortfolio(900, 8), '--no-features'])).sections.against;
    assert.equal(other.actual, 900);
    assert.ok(other.worst > 0 && other.difference > 0 && other.difference < 0.1);
});

test('applications alone, and few of them, are enough', () => {
    const folder = makeFolder();
    const lines = readFileSync(join(portfolio, 'application_train.csv'), 'utf8').split('\n');
    writeFileSync(join(folder, 'application_train.csv'), `${lines.slice(0, 301).join('\n')}\n`);
    const { sections } = figures(explore(folder));
    assert.equal(sections.tables.count, 1);
    assert.equal(sections.outliers.columns, 0);
    assert.equal(sections.drift, undefined);
    assert.equal(sections.features.clients, 300);
});

describe('wrong data and options are named', () => {
    /** A copy of the portfolio in which one file is changed. */
    function spoiled(file, change) {
        const folder = makeFolder();
        cpSync(portfolio, folder, { recursive: true });
        if (change) writeFileSync(join(folder, file), change(readFileSync(join(folder, file), 'utf8')));
        else rmSync(join(folder, file));
        return folder;
    }
    const withTarget = (value) => (text) => text.split('\n')
        .map((line, i) => (i === 0 ? line : line.replace(/^(\d+),[01],/, `$1,${value},`))).join('\n');
    const cases = [
        ['no applications', 'application_train.csv', null, /application_train\.csv: no such file/],
        ['a wrong column', 'bureau.csv', (text) => text.replace('DAYS_CREDIT', 'DAYS_CREDITS'), /bureau\.csv:1: unknown column "DAYS_CREDITS"/],
        ['a wrong value', 'installments_payments.csv', (text) => text.replace(/\n(\d+),/, '\nx$1,'), /installments_payments\.csv:2: SK_ID_PREV: "x\d+" is not a whole number/],
        ['too few rows', 'application_train.csv', (text) => `${text.split('\n').slice(0, 51).join('\n')}\n`, /50 rows; at least 100 are needed/],
        ['an empty class', 'application_train.csv', withTarget(0), /TARGET is 0 in every row; clients of both classes are needed/],
    ];
    for (const [what, file, change, message] of cases) {
        test(what, () => {
            const run = explore(spoiled(file, change));
            assert.equal(run.status, 1);
            assert.match(run.stderr, message);
            assert.equal(existsSync(join(run.out, 'explore.json')), false);
            assert.equal(existsSync(join(run.out, 'explore.html')), false);
        });
    }
    for (const [options, message] of [
        [['--outliers', 'maybe'], /--outliers maybe: keep or drop is needed/],
        [['--lang', 'de'], /--lang de: fr or en is needed/],
        [['--seed', '-1'], /--seed: "-1" is not a whole number from 0/],
        [['more'], /"more" is one argument too many/],
    ]) {
        test(options.join(' '), () => {
            const run = explore(portfolio, options);
            assert.equal(run.status, 1);
            assert.match(run.stderr, message);
        });
    }
    test('--help shows how', () => {
        const run = spawnSync(program, ['--help'], { encoding: 'utf8', env: environment });
        assert.equal(run.status, 0);
        assert.match(run.stdout, /Examples:\n {2}01_explore --data/);
    });
});

test('interrupted, it leaves nothing half written', async () => {
    const data = makePortfolio(6000);
    let interrupted = 0;
    for (let delay = 100; delay < 2500; delay += 300) {
        const out = join(makeFolder(), 'explored');
        const child = spawn(program, ['--data', data, '--out', out], { cwd: root, stdio: 'ignore', env: environment });
        const ended = new Promise((resolve) => { child.on('exit', (code, signal) => resolve(signal)); });
        setTimeout(() => child.kill('SIGINT'), delay);
        if (await ended !== 'SIGINT') break;
        interrupted++;
        for (const name of existsSync(out) ? readdirSync(out) : []) {
            assert.match(name, /\.(csv|json|html)$/);
            if (name.endsWith('.csv')) assert.equal(readFileSync(join(out, name), 'utf8').endsWith('\n'), true);
        }
    }
    assert.ok(interrupted > 0);
});
