// Simulated relationship managers: each has a browser's cookies and walks from page to page as one does with clients in
// front of one, thinking in between.
import http from 'node:http';

const agentOf = () => new http.Agent({ keepAlive: true, maxSockets: 1 });

/** Asks for a page; resolves with status, body, cookies set and milliseconds to the last byte. */
function ask(url, agent, { method = 'GET', headers = {}, body } = {}) {
    return new Promise((resolve, reject) => {
        const started = performance.now();
        const request = http.request(url, { method, agent, headers: { 'accept-encoding': 'gzip', 'accept-language': 'fr', ...headers } }, (answer) => {
            const chunks = [];
            answer.on('data', (chunk) => chunks.push(chunk));
            answer.on('error', reject);
            answer.on('end', () => resolve({
                status: answer.statusCode, location: answer.headers.location, body: Buffer.concat(chunks),
                cookies: answer.headers['set-cookie'] ?? [], ms: performance.now() - started,
            }));
        });
        request.on('error', reject);
        request.end(body);
    });
}

/** Somebody with cookies of his own and one connection. */
export class Manager {
    constructor(url) {
        this.url = url;
        this.agent = agentOf();
        this.cookies = new Map();
    }

    async open(path, options = {}) {
        const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const answer = await ask(this.url + path, this.agent, { ...options, headers: { ...options.headers, ...(cookie && { cookie }) } });
        for (const line of answer.cookies) {
            const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
            this.cookies.set(name, value);
        }
        return answer;
    }

    async signIn(login, password) {
        const { body } = await this.open('/sign-in', { headers: { 'accept-encoding': 'identity' } });
        const token = /name="token" value="([^"]+)"/.exec(body.toString())[1];
        const answer = await this.open('/sign-in', {
            method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' },
            body: new URLSearchParams({ token, login, password, next: '/' }).toString(),
        });
        if (answer.status !== 303) throw new Error(`signing in: ${answer.status}`);
    }

    get cookieHeader() {
        return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    }

    leave() {
        this.agent.destroy();
    }
}

const pause = (ms) => new Promise((next) => { setTimeout(next, ms); });

/** The value below which `share` of the sorted numbers lie. */
export const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];

/**
 * `managers` who have signed in work for `seconds`: each takes one client after another and opens the pages in turn, beginning
 * at another one, after `thinks` milliseconds (from half to one and a half of it, evenly). Resolves with every page's times and
 * what failed.
 */
export async function work(managers, { pages, ids, seconds, thinks }) {
    const times = new Map(pages.map(({ name }) => [name, []]));
    const faults = new Map();
    const end = performance.now() + seconds * 1000;
    await Promise.all(managers.map(async (manager, number) => {
        await pause((number / managers.length) * thinks); // they do not all begin at once
        for (let at = number * 7; performance.now() < end; at++) {
            const { name, path } = pages[at % pages.length];
            const id = ids[Math.floor(at / pages.length) % ids.length];
            const answer = await manager.open(path.replaceAll('{id}', id)).catch((fault) => ({ status: fault.message }));
            if (answer.status === 200) times.get(name).push(answer.ms);
            else faults.set(`${name}: ${answer.status}`, (faults.get(`${name}: ${answer.status}`) ?? 0) + 1);
            await pause(thinks * (0.5 + ((at * 13) % 11) / 10)); // differs from page to page, the same in every run
        }
    }));
    for (const list of times.values()) list.sort((a, b) => a - b);
    return { times, faults };
}
