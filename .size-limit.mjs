/**
 * JavaScript that the browser fetches before a model is chosen: what index.html names, and what that imports statically
 * (e2e/first-load.spec.ts watches that it is so). The workers come with the first model, charts when there is something
 * to draw.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const assets = 'dist/assets';
const entries = [...readFileSync('dist/index.html', 'utf8').matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(
  ([, address]) => basename(address),
);
/** The hub's comes with the first name that is looked up there, not with a model. */
const workers = readdirSync(assets).filter((name) => /(?<!^hub)\.worker-[^.]+\.js$/.test(name));
if (entries.length === 0 || workers.length === 0) throw new Error('the build has no entry or no worker');

/** The files themselves and those that they import at once. */
function withImports(names, found = new Set()) {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    const code = readFileSync(join(assets, name), 'utf8');
    withImports(
      [...code.matchAll(/(?:\bfrom|^import|[;}]import)\s*"\.\/([^"]+\.js)"/g)].map(([, file]) => file),
      found,
    );
  }
  return [...found];
}

const pathsOf = (names) => withImports(names).map((name) => join(assets, name));

export default [
  { name: 'JavaScript before a model is chosen', path: pathsOf(entries), limit: '200 kB', gzip: true },
  {
    name: 'JavaScript with the workers, that is with a model',
    path: pathsOf([...entries, ...workers]),
    limit: '430 kB',
    gzip: true,
  },
];
