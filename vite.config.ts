import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { wasmKernels } from './tools/kernels.mjs';

/** The page's own policy (index.html). A `<meta>` does not bind workers, which do the fetching; a header does. */
const [, policy = ''] =
  /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(
    readFileSync(new URL('index.html', import.meta.url), 'utf8'),
  ) ?? [];

/** A mirror of the hub, for the whole build: nothing at run time can name one. */
const hub = process.env.VITE_HUB;
const withHub = (text: string) => (hub ? text.replace('https://huggingface.co', new URL(hub).origin) : text);

/** Isolated from other origins, so that threads may share memory. Without these headers it runs on one. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  // A static host may serve the studio under any path; a shared link must work there too.
  base: process.env.VITE_BASE ?? './',
  plugins: [wasmKernels(), react(), { name: 'hub', transformIndexHtml: withHub }],
  worker: { format: 'es', plugins: () => [wasmKernels()] },
  build: { target: 'es2023', sourcemap: true },
  server: { headers: isolation },
  preview: { headers: { ...isolation, 'Content-Security-Policy': withHub(policy) } },
});
