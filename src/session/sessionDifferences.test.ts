import { describe, expect, it } from 'vitest';
import { viewOf } from './reduce.ts';
import { sessionDifferences } from './sessionDifferences.ts';
import { logFixture } from './session.testing.ts';
import { emptyView } from './view.ts';
import type { SessionView } from './view.ts';

const view = viewOf(logFixture());
const recipe = view.recipe!;

describe('sessionDifferences', () => {
  it('finds none between runs of one recipe on the same model, data and device', () => {
    expect(sessionDifferences([view, viewOf(logFixture({ seed: 2 }))])).toEqual([]);
  });

  it('tells files by their fingerprint, not by their name', () => {
    const other: SessionView = { ...view, model: { ...view.model!, sha256: 'c'.repeat(64) } };
    expect(sessionDifferences([view, other])).toEqual([
      { kind: 'model', path: 'model', values: ['pare-demo (aaaaaaaa…)', 'pare-demo (cccccccc…)'] },
    ]);
  });

  it('lists data, device and recipe', () => {
    const other: SessionView = {
      ...view,
      data: { ...view.data!, test: 1000 },
      device: { backend: 'webgpu', adapter: 'SwiftShader', kernels: 'subgroup' },
      recipe: { ...recipe, seed: 1 },
    };
    expect(sessionDifferences([view, other]).map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'data examples',
      'device device',
      'recipe seed',
    ]);
  });

  it('says what is not known of a session that has not begun', () => {
    const found = sessionDifferences([view, emptyView]);
    expect(found.map(({ values }) => values[1])).toEqual(Array(4).fill('not known'));
  });
});
