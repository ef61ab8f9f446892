import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { bench, built, root } from './paths.ts';

/** Bundles bench/<page>/index.html and gives its folder. */
export async function buildPage(page: 'page' | 'peers'): Promise<string> {
  const outDir = join(built, page);
  await build({
    root: join(bench, page),
    configFile: false,
    logLevel: 'error',
    base: './',
    publicDir: false,
    build: { outDir, emptyOutDir: true, target: 'es2023', chunkSizeWarningLimit: 1e5 },
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
  const folder = join(bench, 'peers');
  if (existsSync(join(folder, 'node_modules', '.package-lock.json'))) return;
  say('installing the peers (bench/peers, about 460 MB; --no-peers does without) …');
  const { status } = spawnSync(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: folder,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    },
  );
  if (status !== 0) throw new Error('npm ci in bench/peers failed. Check the network, or use --no-peers.');
}
