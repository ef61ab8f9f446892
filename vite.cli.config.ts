import { defineConfig } from 'vite';

/** The headless runner: the same stages bundled for Node, so that `?raw` shaders resolve the same way. */
export default defineConfig({
  publicDir: false,
  build: {
    ssr: 'src/cli/main.ts',
    outDir: 'dist-cli',
    target: 'node20',
    rolldownOptions: { output: { entryFileNames: 'main.js' } },
  },
});
