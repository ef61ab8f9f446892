import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { wasmKernels } from '../../tools/kernels.mjs';
import { bench, built, root } from './paths.ts';

const peersFolder = join(bench, 'peers');

/** Bundles the page with all sections and gives its folder; without peers their packages need not be there. */
export async function buildPage(peers: boolean): Promise<string> {
  const outDir = join(built, peers ? 'page-with-peers' : 'page');
  const external = peers ? [] : [/^@tensorflow\//, /^@jax-js\//, /^onnxruntime-web/];
  await build({
    root: join(bench, 'page'),
    configFile: false,
    logLevel: 'error',
    base: './',
    publicDir: false,
    plugins: [wasmKernels()],
    worker: { format: 'es', plugins: () => [wasmKernels()], rolldownOptions: { external } },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2023',
      chunkSizeWarningLimit: 1e5,
      rolldownOptions: { external },
    },
  });
  return outDir;
}

/** The studio as `npm run build` makes it, from the sources as they are now. */
export async function buildStudio(): Promise<string> {
  const outDir = join(built, 'studio');
  await build({
    root,
    configFile: join(root, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
  });
  return outDir;
}

/** The peers are no dependencies of the product; they are installed when they are first compared with. */
export function installPeers(say: (line: string) => void): void {
  if (existsSync(join(peersFolder, 'node_modules', '.package-lock.json'))) return;
  say('installing the peers (bench/peers, about 460 MB; --no-peers does without) …');
  const { status } = spawnSync(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: peersFolder,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    },
  );
  if (status !== 0) throw new Error('npm ci in bench/peers failed. Check the network, or use --no-peers.');
}

/** As pinned. */
export function peerVersions(): Record<string, string> {
  const { dependencies } = JSON.parse(readFileSync(join(peersFolder, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return dependencies;
}
