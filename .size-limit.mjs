/**
 * JavaScript that the browser fetches before a model is open: what index.html names, what that imports statically,
 * and the workers, which start with the first use. Charts are loaded when there is something to draw.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const assets = 'dist/assets';
const entries = [...readFileSync('dist/index.html', 'utf8').matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(
  ([, address]) => basename(address),
);
const workers = readdirSync(assets).filter((name) => /\.worker-[^.]+\.js$/.test(name));
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

export default [
  {
    name: 'JavaScript before a model is open',
    path: withImports([...entries, ...workers]).map((name) => join(assets, name)),
    limit: '300 kB',
    gzip: true,
  },
];
