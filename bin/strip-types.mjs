/**
 * Loads our TypeScript from a cache of stripped files. Node strips types by itself, but the
 * WebAssembly it does that with keeps 13 MB resident in every process for good (ADR 0002);
 * with this cache only the first run after a change pays.
 */
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(import.meta.dirname);
const cache = join(root, 'node_modules', '.cache', 'stripped');

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context);
    return { format: 'module', shortCircuit: true, source: stripped(fileURLToPath(url)) };
  },
});

/** The file without its types; positions stay, so stack traces stay true. */
export function stripped(file) {
  const { mtimeMs, size } = statSync(file);
  const kept = join(cache, `${relative(root, file)}.${mtimeMs}.${size}.js`);
  try {
    return readFileSync(kept, 'utf8');
  } catch {
    const source = stripTypeScriptTypes(readFileSync(file, 'utf8'), { sourceUrl: file });
    keep(kept, source);
    return source;
  }
}

/** A cache that can't be written costs memory, nothing else. */
function keep(path, source) {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, source);
    renameSync(`${path}.${process.pid}`, path);
  } catch {}
}
