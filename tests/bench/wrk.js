// One call under load by wrk: requests a second, latencies and what failed.
import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const execFileLater = promisify(execFile);

const lua = (value) => JSON.stringify(value).replaceAll('\\/', '/');

/** wrk's script: the requests, one for each id and its body, are made before the first is sent; then they take turns. */
function script({ method = 'GET', path, ids, bodies, headers }) {
    const pairs = Object.entries(headers).map(([name, value]) => `[${lua(name)}] = ${lua(value)}`);
    return `
local ids = {${ids.join(',')}}
local bodies = {${bodies.map(lua).join(',')}}
local requests = {}
local at = 0
init = function()
  for i = 1, #ids do
    local path = string.gsub(${lua(path)}, "{id}", ids[i])
    requests[i] = wrk.format(${lua(method)}, path, {${pairs.join(', ')}}, bodies[i])
  end
end
request = function()
  at = at % #requests + 1
  return requests[at]
end
`;
}

const milliseconds = (text) => {
    const [, number, unit] = /([\d.]+)(us|ms|s)/.exec(text);
    return Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit];
};

function prepare(url, call, { connections, seconds, file }) {
    writeFileSync(file, script(call));
    return ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', file, url];
}

function read(printed) {
    const quantile = (share) => milliseconds(new RegExp(`^ +${share}%\\s+(\\S+)`, 'm').exec(printed)[1]);
    const failed = Number(/Non-2xx or 3xx responses: (\d+)/.exec(printed)?.[1] ?? 0);
    const lost = (/Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(printed) ?? []).slice(1)
        .reduce((sum, count) => sum + Number(count), 0);
    return { rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(printed)[1]), p50: quantile(50), p99: quantile(99), failed: failed + lost };
}

/** Sends `call` ({method, path, ids, bodies, headers}) over and over; `file` is where wrk's script is written. */
export function load(url, call, how) {
    return read(execFileSync('wrk', prepare(url, call, how), { encoding: 'utf8' }));
}

/** The same while this program goes on. */
export async function loadBeside(url, call, how) {
    return read((await execFileLater('wrk', prepare(url, call, how))).stdout);
}
