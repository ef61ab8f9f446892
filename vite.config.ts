import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page's own policy (index.html). A `<meta>` does not bind workers, which do the fetching; a header does. */
const [, policy = ''] =
  /http-equiv="Content-Security-Policy"\s+content="([^"]+)"/.exec(
    readFileSync(new URL('index.html', import.meta.url), 'utf8'),
  ) ?? [];

export default defineConfig({
  // A static host may serve the studio under any path; a shared link must work there too.
  base: process.env.VITE_BASE ?? './',
  plugins: [react()],
  worker: { format: 'es' },
  build: { target: 'es2023', sourcemap: true },
  preview: { headers: { 'Content-Security-Policy': policy } },
});
