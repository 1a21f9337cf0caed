// Many clients that keep their connections: all are answered, by threads whose number stays the same.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { KEY, importPortfolio, makeDatabase, makePortfolio, startBackend } from './support/backend.js';

const CONNECTIONS = 1500;
const ROUNDS = 3;
const CLIENTS = 50;

const database = makeDatabase();
const servers = [];
before(() => importPortfolio(makePortfolio(CLIENTS), database));
after(() => Promise.all(servers.map((server) => server.stop())));

/** A server of three threads to itself: what is left of other tests' connections is nothing to it. */
async function start() {
    const backend = await startBackend({ database, env: { THREADS: '3' } });
    servers.push(backend);
    const [{ client_id }] = (await backend.get('/clients?limit=1')).body.clients;
    const body = JSON.stringify({ client_id });
    const post = (path) => `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Type: application/json\r\n`
        + `Content-Length: ${body.length}\r\n\r\n${body}`;
    const folder = `/proc/${backend.child.pid}/task`;
    const threads = () => readdirSync(folder);
    const workers = () => threads().filter((id) => readFileSync(`${folder}/${id}/comm`, 'utf8').startsWith('MHD'));
    return { backend, post, folder, threads, workers, open: () => open(backend.port) };
}

/** A connection that stays: ask() sends a request over it and gives the answer's status line. */
async function open(port) {
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve, reject) => { socket.once('connect', resolve).once('error', reject); });
    const ask = (text) => new Promise((resolve, reject) => {
        let received = '';
        const end = (settle, value) => {
            socket.removeAllListeners();
            settle(value);
        };
        socket.on('data', (bytes) => {
            received += bytes;
            const [head, content] = received.split('\r\n\r\n');
            const length = /content-length: (\d+)/i.exec(head)?.[1];
            if (content !== undefined && Buffer.byteLength(content) >= Number(length)) end(resolve, head.split('\r\n')[0]);
        });
        socket.on('error', (error) => end(reject, error)).on('close', () => end(reject, new Error('the connection was closed')));
        socket.write(text);
    });
    return { ask, close: () => socket.destroy() };
}

test('1,500 connections that stay open are answered again and again, by the same threads', async () => {
    const server = await start();
    const before = server.threads();
    assert.equal(server.workers().length, 3);
    const connections = [];
    while (connections.length < CONNECTIONS) connections.push(...await Promise.all(Array.from({ length: 100 }, server.open)));
    for (let round = 0; round < ROUNDS; round++) {
        const statuses = await Promise.all(connections.map(({ ask }) => ask(server.post('/predict'))));
        assert.deepEqual([...new Set(statuses)], ['HTTP/1.1 200 OK']);
        assert.deepEqual(server.threads(), before);
    }
    connections.forEach(({ close }) => close());
    assert.equal((await server.backend.get('/v2/health/live')).status, 200);
});

test('connections that come together are shared out among the threads', async () => {
    const server = await start();
    const cpu = () => Object.fromEntries(server.workers().map((id) => {
        const [user, system] = readFileSync(`${server.folder}/${id}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
        return [id, Number(user) + Number(system)];
    }));
    const idle = cpu();
    const connections = await Promise.all(Array.from({ length: 9 }, server.open));
    await Promise.all(connections.map(async ({ ask }) => {
        for (let i = 0; i < 400; i++) await ask(server.post('/explain'));
    }));
    const busy = cpu();
    const used = Object.keys(busy).map((id) => busy[id] - idle[id]);
    assert.ok(Math.min(...used) > 0.2 * Math.max(...used), `processor time of the threads: ${used}`);
    connections.forEach(({ close }) => close());
});
