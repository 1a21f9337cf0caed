// Copies of the model artifact, changed: other models that can be told from the shipped one, and damaged ones.
import { cpSync, mkdtempSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { makeFolder, model, root } from './backend.js';

const read = (folder, name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const write = (folder, name, value) => writeFileSync(join(folder, name), JSON.stringify(value));

/** A copy of the shipped model in a new folder, changed by `change({ document, reference })`. */
export function makeArtifact(change = () => {}) {
    const folder = mkdtempSync(join(makeFolder(), 'model-'));
    cpSync(resolve(root, model), folder, { recursive: true });
    const parts = { document: read(folder, 'model.json'), reference: read(folder, 'reference.json') };
    parts.document.version = basename(folder);
    change(parts);
    write(folder, 'model.json', parts.document);
    write(folder, 'reference.json', parts.reference);
    return folder;
}

/** A model whose log-odds are all higher by `shift`: right in itself, and another one. */
export function makeShifted(shift, version = 'shifted') {
    return makeArtifact(({ document, reference }) => {
        document.version = version;
        document.calibration.intercept += shift;
        for (const row of reference.golden) {
            row.margin += shift;
            row.base_value += shift;
        }
    });
}

/** A link to an artifact that can be put to another one in one step, as a deployment does. */
export function makeLink(target) {
    const path = join(makeFolder(), 'current');
    symlinkSync(target, path);
    return {
        path,
        put(other) {
            symlinkSync(other, `${path}.new`);
            renameSync(`${path}.new`, path);
        },
    };
}
