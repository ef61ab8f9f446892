/**
 * Vite plugin: `import bytes from '…/wasm/index.ts?kernels'` gives that AssemblyScript module, compiled, in base64. So
 * the kernels are part of whatever script needs them: no base path, policy or bundler has to find a file. A compilation
 * takes a second; the last ones are kept in .cache.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Shared memory works without threads and without isolation too: it is only not handed to others then. */
const options =
  '-O3 --converge --noAssert --runtime stub --importMemory --sharedMemory --initialMemory 1 --maximumMemory 65536 ' +
  '--enable simd --enable threads --disableWarning';
const suffix = '?kernels';
const cache = '.cache/kernels';
/** Run, not imported: its types would declare AssemblyScript's globals for all of the project. */
const compiler = fileURLToPath(new URL('../node_modules/assemblyscript/', import.meta.url));

export function wasmKernels() {
  return {
    name: 'wasm-kernels',
    enforce: 'pre',
    load(id) {
      if (!id.endsWith(suffix)) return null;
      const path = id.slice(0, -suffix.length);
      for (const source of sourcesBeside(path)) this.addWatchFile(source);
      return `export default ${JSON.stringify(compiled(path).toString('base64'))};`;
    },
  };
}

const sourcesBeside = (path) =>
  readdirSync(dirname(path))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(dirname(path), name));

function compiled(path) {
  const hash = createHash('sha256')
    .update(readFileSync(join(compiler, 'package.json')))
    .update(options);
  for (const source of sourcesBeside(path)) hash.update(source).update(readFileSync(source));
  const kept = join(cache, `${hash.digest('hex').slice(0, 16)}.wasm`);
  if (!existsSync(kept)) compile(path, kept);
  return readFileSync(kept);
}

/** Others may compile at the same time: the file is there whole or not at all. */
function compile(path, kept) {
  mkdirSync(cache, { recursive: true });
  const made = `${kept}.${process.pid}.wasm`;
  const asc = join(compiler, 'bin/asc.js');
  execFileSync(process.execPath, [asc, path, '--outFile', made, ...options.split(' ')], { stdio: 'inherit' });
  renameSync(made, kept);
}
