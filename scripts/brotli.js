// brotli.js FOLDER…: writes NAME.br beside every file of the folders that gains by it. The frontend sends these to
// browsers that take them; at this effort compression is too slow for its start.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

for (const folder of process.argv.slice(2)) {
    for (const name of readdirSync(folder).filter((file) => !file.endsWith('.br'))) {
        const bytes = readFileSync(join(folder, name));
        const small = brotliCompressSync(bytes, {
            params: {
                [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
                [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
                [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
            },
        });
        if (small.length < bytes.length) writeFileSync(join(folder, `${name}.br`), small);
    }
}
