import { defineConfig } from 'vite';
import { wasmKernels } from './tools/kernels.mjs';

/** The headless runner: the same stages bundled for Node, so that `?raw` shaders resolve the same way. */
export default defineConfig({
  publicDir: false,
  plugins: [wasmKernels()],
  build: {
    ssr: 'src/cli/main.ts',
    outDir: 'dist-cli',
    target: 'node20',
    rolldownOptions: { output: { entryFileNames: 'main.js' } },
  },
});
