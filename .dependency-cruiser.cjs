/**
 * The import direction of the layers: each may import itself and those above it. Tests and their helpers
 * (`*.test.ts`, `*.testing.ts`) may import anything, but nothing that ships may import them.
 */
const layers = [
  'lib',
  'graph',
  'kernels',
  'backends',
  'formats',
  'datasets',
  'models',
  'compression',
  'search',
  'evaluation',
  'training',
  'exporters',
  'session',
  'storage',
  'hub',
  'recipes',
  'workers',
  'state',
  'ui',
];
const folder = (names) => `^src/(${names.join('|')})/`;
const testing = '\\.(test|testing)\\.tsx?$';
const compositionRoots = ['^src/main\\.tsx$', '^src/cli/'];

/** One rule a layer, so that a violation names the layer. */
const direction = layers.map((layer, index) => ({
  name: `${layer}-imports-only-what-is-above-it`,
  severity: 'error',
  from: { path: `^src/${layer}/`, pathNot: testing },
  to: { path: [...layers.slice(index + 1).map((below) => `^src/${below}/`), ...compositionRoots] },
}));

/** A package that only some folders may import. */
const confined = (name, packages, allowed) => ({
  name,
  severity: 'error',
  from: { path: '^src/', pathNot: [...allowed, testing] },
  to: { path: packages.map((pkg) => `^node_modules/${pkg}/|^${pkg}(/|$)`) },
});

module.exports = {
  forbidden: [
    ...direction,
    {
      name: 'headless-without-the-page',
      comment: 'The headless runner shares the stages, not the page.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: { path: ['^src/main\\.tsx$', folder(['ui', 'state', 'workers'])] },
    },
    {
      name: 'every-folder-is-a-layer',
      comment: 'A new folder in src/ takes its place in the table above.',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: folder([...layers, 'cli']) },
    },
    {
      name: 'tests-do-not-ship',
      severity: 'error',
      from: { path: '^src/', pathNot: testing },
      to: { path: testing },
    },
    {
      name: 'no-cycles',
      comment: 'Types may refer to each other; code may not.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      // Virtual modules of the build tools and `?raw` shaders are Vite's to resolve.
      to: { couldNotResolve: true, pathNot: ['\\?(raw|kernels)$', '^vitest'] },
    },
    confined('react-in-ui-only', ['react', 'react-dom', 'recharts'], ['^src/ui/', '^src/main\\.tsx$']),
    confined('comlink-in-workers-only', ['comlink'], ['^src/workers/']),
    confined('dawn-in-the-webgpu-backend-only', ['webgpu'], ['^src/backends/webgpu/']),
    {
      name: 'node-modules-in-node-only',
      comment: 'What a browser loads knows nothing of Node.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: [
          '^src/cli/',
          '^src/backends/webgpu/dawn\\.ts$',
          '^src/backends/wasm/node-threads\\.ts$',
          testing,
        ],
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'declared-packages-only',
      severity: 'error',
      from: { path: '^src/', pathNot: testing },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.mjs'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'default', 'types'],
    },
  },
};
