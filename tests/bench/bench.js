// `make bench`: measures the steps of scenarios.json turn about against their peers and writes docs/performance.md.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare, fill, grow, isMet, latencies, merge, ratios, summarise } from './figures.js';
import { digits, line, page } from './page.js';

const PYTHON = '/usr/bin/python3'; // Debian's, which has Debian's peers
const LONGEST_RUN_MS = 30 * 60 * 1000;
const KEPT_CHARACTERS = 100000; // of what a command prints, the last

const root = fileURLToPath(new URL('../..', import.meta.url));
process.chdir(root);
const build = process.env.BUILD || 'build';
const work = join(build, 'bench', 'data');
const shared = process.env.SHARED_DIR || '../shared';
const { data, scenarios } = JSON.parse(readFileSync('tests/bench/scenarios.json', 'utf8'));

/** What {name} stands for in commands; grows as data are made. */
const words = { build, work, shared, python: PYTHON, node: process.execPath, peers: 'tests/bench/peers' };
const threads = String(os.availableParallelism?.() ?? os.cpus().length);
const environment = { ...process.env, LC_ALL: 'C', OMP_NUM_THREADS: threads, OPENBLAS_NUM_THREADS: threads };

class Absent extends Error {}

let stop = () => {}; // ends the running command and what it has started

/** Runs a command to its end; its standard output. */
function run(command) {
    return new Promise((resolve, reject) => {
        const child = spawn(command[0], command.slice(1),
            { env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
        stop = () => process.kill(-child.pid, 'SIGTERM');
        const timer = setTimeout(stop, LONGEST_RUN_MS);
        const printed = { stdout: '', stderr: '' };
        for (const name of ['stdout', 'stderr'])
            child[name].setEncoding('utf8').on('data', (text) => {
                printed[name] = (printed[name] + text).slice(-KEPT_CHARACTERS);
            });
        const end = (error) => {
            clearTimeout(timer);
            stop = () => {};
            if (error) reject(error);
            else resolve(printed.stdout);
        };
        child.on('error', end).on('close', (status, signal) =>
            end(status === 0 ? null : new Error(`${command.join(' ')}: ${signal ?? `status ${status}`}\n${printed.stderr}`)));
    });
}

/** The JSON object in the last line of what a program printed, or {}. */
function lastObject(text) {
    const last = text.trimEnd().split('\n').at(-1);
    return last.startsWith('{') ? JSON.parse(last) : {};
}

/** One measured run: seconds of the step, seconds and peak memory of the process, and what it printed. */
async function measure(command, scenario) {
    const times = join(work, 'times');
    const printed = lastObject(await run(['/usr/bin/time', '-o', times, '-f', '%e %M', ...command]));
    const [process_s, kilobytes] = readFileSync(times, 'utf8').trim().split(' ').map(Number);
    const seconds = scenario.measure === 'process' ? process_s : printed.seconds;
    if (!(seconds > 0)) throw new Error(`${command.join(' ')} printed no {"seconds": …}`);
    return { seconds, process_s, megabytes: kilobytes / 1024, printed };
}

function checkRoom(name, gigabytes) {
    const { bavail, bsize } = statfsSync(work);
    const free = (bavail * bsize) / 1e9;
    if (free < gigabytes) throw new Absent(`"${name}" needs ${gigabytes} GB of disk and ${free.toFixed(1)} GB are free`);
}

const stampOf = (name) => join(work, `${name}.made`);

/** Makes the data called `name`, and what they are made from, unless they are there from this program and those. */
async function prepare(name) {
    if (Object.hasOwn(words, name)) return;
    const entry = data[name];
    for (const other of entry.from ?? []) await prepare(other);
    const [folder] = fill([entry.folder], words);
    if (!entry.make) {
        if (!existsSync(folder)) throw new Absent(`there is no folder ${folder}`);
        words[name] = folder;
        return;
    }
    const command = fill(entry.make, words);
    const stamp = stampOf(name);
    const sources = [command[0], ...(entry.from ?? []).map(stampOf)].filter((file) => existsSync(file));
    const kept = existsSync(stamp) && JSON.parse(readFileSync(stamp, 'utf8'));
    let made = kept;
    if (!kept || kept.command !== command.join(' ') || !existsSync(folder)
        || sources.some((file) => statSync(stamp).mtimeMs < statSync(file).mtimeMs)) {
        console.log(`→ Preparing ${entry.title}`);
        checkRoom(name, entry.gigabytes ?? 1);
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder, { recursive: true });
        made = { command: command.join(' '), printed: lastObject(await run(command)) };
        if (!entry.temporary) writeFileSync(stamp, JSON.stringify(made));
    }
    words[name] = folder;
    words[`${name}.json`] = JSON.stringify(made.printed);
    for (const [key, value] of Object.entries(made.printed)) words[`${name}.${key}`] = String(value);
}

/** Deletes data that are too large to keep. */
function discard(name) {
    if (!data[name].temporary) return;
    rmSync(fill([data[name].folder], words)[0], { recursive: true, force: true });
    delete words[name];
}

/** Runs both sides turn about. */
async function takeTurns(scenario, pairs) {
    const command = fill(scenario.ours, words);
    const peerCommand = scenario.peer && fill(scenario.peer, words);
    const ours = [];
    const peer = [];
    const warmed = scenario.growth ? [] : [command, peerCommand]; // files, libraries; what grows warms up by itself
    if (peerCommand) for (const each of warmed) await measure(each, scenario);
    for (let pair = 1; pair <= pairs; pair++) {
        ours.push(await measure(command, scenario));
        if (peerCommand) peer.push(await measure(peerCommand, scenario));
        console.log(`  ${pair}/${pairs}: ${digits(ours.at(-1).seconds)} s`
            + (peerCommand ? `, peer ${digits(peer.at(-1).seconds)} s` : `, ${ours.at(-1).megabytes.toFixed(0)} MB`));
    }
    return { ours, peer };
}

async function measureScenario(scenario, pairs, load) {
    for (const name of [scenario.data, ...(scenario.also ?? [])]) await prepare(name);
    console.log(`→ ${scenario.name}: ${scenario.title}`);
    const { ours, peer } = await takeTurns(scenario, pairs);
    const { name, title, note, goal, peer_name } = scenario;
    const date = new Date().toISOString().slice(0, 10);
    const result = { name, title, data: data[scenario.data].title, note, goal, pairs, date, load,
        ours: summarise(ours), checks: [] };
    if (scenario.peer)
        Object.assign(result, { peer_name, peer: summarise(peer), ratio: ratios(ours, peer),
            checks: compare(scenario.check, ours.at(-1).printed, peer.at(-1).printed) });
    const latency = { ours: latencies(ours), peer: latencies(peer) };
    if (scenario.peer && latency.ours && latency.peer) result.latency = latency;
    if (scenario.growth) result.growth = { ...scenario.growth, points: grow(scenario.growth.figures, ours, scenario.peer && peer) };
    result.met = isMet(scenario.goal, result);
    return result;
}

async function describeMachine() {
    const versions = JSON.parse(await run([PYTHON, 'tests/bench/peers/versions.py']));
    if (versions.blas !== 'openblas')
        throw new Error('numpy computes without OpenBLAS; see update-alternatives --list libblas.so.3-x86_64-linux-gnu');
    const system = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? os.type();
    const compiler = execFileSync('gcc', ['--version'], { encoding: 'utf8' }).split('\n')[0];
    return { processor: os.cpus()[0].model.trim(), processors: Number(threads),
        memory_gb: Math.round(os.totalmem() / 2 ** 30), system, compiler,
        optimise: process.env.OPTIMISE || '-O3', versions };
}

function choose(names) {
    const isChosen = (name, scenario) => scenario.name === name || (name === 'growth' && scenario.growth);
    const unknown = names.find((name) => !scenarios.some((scenario) => isChosen(name, scenario)));
    if (unknown) throw new Error(`no step is called "${unknown}"; there are: ${scenarios.map((s) => s.name).join(', ')}`);
    return scenarios.filter((s) => (names.length ? names.some((name) => isChosen(name, s)) : !s.large || process.env.BENCH_LARGE === '1'));
}

async function main() {
    const quick = Number(process.env.PAIRS || 0);
    const chosen = choose(process.argv.slice(2));
    mkdirSync(work, { recursive: true });
    const machine = await describeMachine();
    const load = os.loadavg()[0];
    const results = [];
    for (const scenario of chosen) {
        try {
            results.push(await measureScenario(scenario, quick || scenario.pairs, load));
        } catch (error) {
            if (!(error instanceof Absent)) throw error;
            console.log(`↷ ${scenario.name} left out: ${error.message}`);
        } finally {
            discard(scenario.data);
        }
    }
    console.log(['', ...results.map(line)].join('\n'));
    if (!quick && results.length) {
        const file = 'docs/performance.json';
        const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
        const all = merge(kept, machine, results);
        const place = ({ name }) => scenarios.findIndex((scenario) => scenario.name === name);
        all.results = all.results.filter((result) => place(result) >= 0).sort((a, b) => place(a) - place(b));
        mkdirSync('docs', { recursive: true });
        writeFileSync(file, `${JSON.stringify(all, null, 1)}\n`);
        writeFileSync('docs/performance.md', page(all));
        console.log('Wrote docs/performance.md.');
    }
    if (results.some((result) => result.checks.some((check) => !check.same))) process.exitCode = 1;
}

// Ctrl-C ends the running command, and thereby this program through `finally`: no large data stay.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop());
try {
    await main();
} catch (error) {
    console.error(`bench: ${error.message}`);
    process.exitCode = 1;
}
