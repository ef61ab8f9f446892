/**
 * Vite plugin: `import bytes from '…/wasm/index.ts?kernels'` gives that AssemblyScript module, compiled, in base64. So
 * the kernels are part of whatever script needs them: no base path, policy or bundler has to find a file. A compilation
 * takes a second; the last one is kept in .cache.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Shared memory works without threads and without isolation too: it is only not handed to others then. */
const options =
  '-O3 --converge --noAssert --runtime stub --importMemory --sharedMemory --initialMemory 1 --maximumMemory 65536 ' +
  '--enable simd --enable threads --disableWarning';
const suffix = '?kernels';
const cache = '.cache/kernels';
const { devDependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const compiler = devDependencies.assemblyscript;

export function wasmKernels() {
  return {
    name: 'wasm-kernels',
    enforce: 'pre',
    async load(id) {
      if (!id.endsWith(suffix)) return null;
      const path = id.slice(0, -suffix.length);
      for (const source of sourcesBeside(path)) this.addWatchFile(source);
      return `export default ${JSON.stringify((await compiled(path)).toString('base64'))};`;
    },
  };
}

const sourcesBeside = (path) =>
  readdirSync(dirname(path))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(dirname(path), name));

async function compiled(path) {
  const hash = createHash('sha256').update(compiler).update(options);
  for (const source of sourcesBeside(path)) hash.update(source).update(readFileSync(source));
  const kept = join(cache, `${hash.digest('hex').slice(0, 16)}.wasm`);
  try {
    return readFileSync(kept);
  } catch {
    const binary = await compile(path);
    mkdirSync(cache, { recursive: true });
    writeFileSync(kept, binary);
    return binary;
  }
}

async function compile(path) {
  // Loaded only where there is something to compile: it is large.
  const { default: asc } = await import('assemblyscript/asc');
  let binary = null;
  let report = '';
  const { error } = await asc.main([path, '--outFile', 'kernels.wasm', ...options.split(' ')], {
    stderr: { write: (text) => void (report += String(text)) },
    writeFile: (_, contents) => void (binary = Buffer.from(contents)),
  });
  if (error || !binary) throw new Error(`${report}\n${error?.message ?? 'no module came out'}`);
  return binary;
}
