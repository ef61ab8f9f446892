import { expect, it } from 'vitest';
import { sharedBlocks } from './shared-blocks.ts';
import type { ElasticSpace, Group } from './space.ts';

const block = (layer: number, choices: number): Group => ({
  id: `${layer}`,
  kind: 'width',
  layer,
  members: [`model.layers.${layer}.mlp.up_proj`],
  choices: Array.from({ length: choices }, (_, i) => choices - i),
});
const spaceOf = (layers: number, choices: number): ElasticSpace => ({
  space: { groups: Array.from({ length: layers }, (_, layer) => block(layer, choices)) },
  fixed: [],
});

it('shares as many blocks as save most', () => {
  // Half of two blocks, all but 20 of 48 times (fewer: not every kind is drawn).
  expect(sharedBlocks(spaceOf(2, 20), 2, 48)).toEqual({ blocks: 1, beginnings: 20 });
  // Two of four: 9 beginnings in 48. Three: 27.
  expect(sharedBlocks(spaceOf(4, 3), 4, 48)).toEqual({ blocks: 2, beginnings: 9 });
  expect(sharedBlocks(spaceOf(4, 3), 4, 1000)).toEqual({ blocks: 3, beginnings: 27 });
  // Never more than there are candidates.
  expect(sharedBlocks(spaceOf(2, 20), 2, 12).beginnings).toBe(12);
});

it('shares nothing where beginnings rarely repeat, or there is only one block', () => {
  expect(sharedBlocks(spaceOf(2, 500), 2, 48).blocks).toBe(0);
  expect(sharedBlocks(spaceOf(12, 40), 12, 48).blocks).toBe(0);
  expect(sharedBlocks(spaceOf(1, 2), 1, 48).blocks).toBe(0);
});

it('counts a gene that spans all blocks among those of the first', () => {
  const members = [0, 1].map((layer) => `model.layers.${layer}.mlp.up_proj`);
  const uniform = { ...block(0, 500), members };
  expect(sharedBlocks({ space: { groups: [uniform] }, fixed: [] }, 2, 48).blocks).toBe(0);
});
