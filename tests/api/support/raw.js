// Clients that say exactly what they are told.
import { createConnection } from 'node:net';

/** Sends bytes and resolves with everything received when the server closes the connection. */
export function raw(port, parts, { pause = 0 } = {}) {
    return new Promise((resolve, reject) => {
        const started = Date.now();
        let received = '';
        const socket = createConnection(port, '127.0.0.1', async () => {
            for (const part of parts) {
                socket.write(part);
                await new Promise((next) => { setTimeout(next, pause); });
            }
        });
        socket.on('data', (chunk) => { received += chunk; });
        socket.on('error', reject);
        socket.on('close', () => resolve({ received, seconds: (Date.now() - started) / 1000 }));
    });
}
