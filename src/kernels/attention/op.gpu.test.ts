import type { HostArray } from '../../backends/backend.ts';
import { describe, expect, it } from 'vitest';
import { expectClose, expectVariantsEqualCpu, Scene } from '../compare.testing.ts';
import { gatherRows, writeRows } from '../rows/op.ts';
import { attention } from './op.ts';

const shapes = [
  { label: 'multi-head', heads: 2, kvHeads: 2, headDim: 6, sequences: 2, length: 5 },
  { label: 'grouped-query', heads: 6, kvHeads: 2, headDim: 16, sequences: 3, length: 7 },
  { label: 'multi-query', heads: 4, kvHeads: 1, headDim: 2, sequences: 1, length: 33 },
  { label: 'more than one block', heads: 3, kvHeads: 1, headDim: 8, sequences: 2, length: 45 },
  { label: 'a head of many vectors', heads: 2, kvHeads: 1, headDim: 36, sequences: 1, length: 18 },
  { label: 'one position', heads: 1, kvHeads: 1, headDim: 8, sequences: 3, length: 1 },
  { label: 'few positions, the longest heads', heads: 1, kvHeads: 1, headDim: 128, sequences: 2, length: 3 },
];

describe('attention', () => {
  for (const { label, heads, kvHeads, headDim, sequences, length } of shapes) {
    it(`${label}, head dim ${headDim}: forward and backward`, async () => {
      const scene = new Scene();
      const rows = sequences * length;
      const [q, k, v] = [heads, kvHeads, kvHeads].map((count, i) =>
        scene.normal('qkv'[i]!, [rows, count * headDim], { trainable: true }),
      );
      const scale = headDim ** -0.5;
      const attributes = {
        heads,
        kvHeads,
        headDim,
        queriesPerSequence: length,
        keysPerSequence: length,
        scale,
      };
      const [y, lse] = scene.graph.apply(attention, [q!, k!, v!, null], attributes);
      scene.output(y!, lse!, ...scene.gradients(y!).values());
      await expectVariantsEqualCpu(scene, headDim + length);
    });
  }

  for (const { start, length, headDim, capacity } of [
    { start: 0, length: 4 },
    { start: 3, length: 4 },
    { start: 8, length: 1 },
    { start: 7, length: 4 },
    { start: 3, length: 4, headDim: 8 },
    { start: 20, length: 1, headDim: 8, capacity: 80 },
    { start: 78, length: 1, headDim: 8, capacity: 80 },
    { start: 20, length: 30, headDim: 8, capacity: 60 },
  ].map((one) => ({ headDim: 6, capacity: 9, ...one }))) {
    it(`over a cache: ${length} new positions from ${start} on, head dim ${headDim}`, async () => {
      const [heads, kvHeads] = [4, 2];
      const scene = new Scene();
      const first = scene.integers('start', [1], () => start);
      const [k, v] = ['k', 'v'].map((name) => {
        // What lies beyond the positions seen so far must not matter.
        const stale = (i: number) => (i < start * kvHeads * headDim ? scene.random.normal() : 1e3);
        const cache = scene.values(`${name} cache`, [capacity, kvHeads * headDim], stale);
        return scene.graph.apply(
          writeRows,
          [cache, scene.normal(name, [length, kvHeads * headDim]), first],
          {},
        )[0]!;
      });
      const q = scene.normal('q', [length, heads * headDim]);
      const attributes = {
        heads,
        kvHeads,
        headDim,
        queriesPerSequence: length,
        keysPerSequence: capacity,
        scale: 0.4,
      };
      scene.output(...scene.graph.apply(attention, [q, k!, v!, first], attributes), k!, v!);
      await expectVariantsEqualCpu(scene, headDim + capacity);
    });
  }

  for (const { label, headDim, length, window, softcap } of [
    { label: 'a window', headDim: 6, length: 9, window: 3, softcap: null },
    { label: 'a window across blocks', headDim: 8, length: 75, window: 17, softcap: null },
    { label: 'a window longer than the sequence', headDim: 4, length: 5, window: 8, softcap: null },
    { label: 'capped scores', headDim: 6, length: 9, window: null, softcap: 0.7 },
    { label: 'both, across blocks', headDim: 4, length: 40, window: 5, softcap: 0.7 },
    { label: 'both, heads as wide as Gemma’s', headDim: 256, length: 7, window: 4, softcap: 5 },
  ]) {
    it(`${label}: forward and backward`, async () => {
      const scene = new Scene();
      const [q, k, v] = [4, 2, 2].map((count, i) =>
        scene.normal('qkv'[i]!, [2 * length, count * headDim], { trainable: true }),
      );
      const shape = { heads: 4, kvHeads: 2, headDim, queriesPerSequence: length, keysPerSequence: length };
      const attributes = { ...shape, scale: headDim ** -0.5, window, softcap };
      const [y, lse] = scene.graph.apply(attention, [q!, k!, v!, null], attributes);
      scene.output(y!, lse!, ...scene.gradients(y!).values());
      await expectVariantsEqualCpu(scene, headDim + length);
    });
  }

  // Sequence 0 ends where its cache does, 1 is padded on the left, 2 is in the middle, 3 has finished.
  it('over caches of sequences that have come unequally far, with a window', async () => {
    const [heads, kvHeads, headDim, capacity, length] = [4, 2, 6, 9, 3];
    const starts = [6, -2, 3, capacity];
    const scene = new Scene();
    const first = scene.integers('start', [4], (i) => starts[i]!);
    const [k, v] = ['k', 'v'].map((name) => {
      const cache = scene.normal(`${name} cache`, [4 * capacity, kvHeads * headDim]);
      const rows = scene.normal(name, [4 * length, kvHeads * headDim]);
      return scene.graph.apply(writeRows, [cache, rows, first], { sequences: 4 })[0]!;
    });
    const q = scene.normal('q', [4 * length, heads * headDim]);
    const shape = { heads, kvHeads, headDim, queriesPerSequence: length, keysPerSequence: capacity };
    const attributes = { ...shape, scale: 0.4, window: 4, softcap: 2 };
    scene.output(...scene.graph.apply(attention, [q, k!, v!, first], attributes), k!, v!);
    await expectVariantsEqualCpu(scene, headDim + capacity);
  });

  // What start.ts promises: a prompt of 3 beside one of 5, then a token each, as if it were alone.
  for (const { side, shift } of [
    { side: 'right', shift: 0 },
    { side: 'left', shift: -2 },
  ]) {
    it(`a prompt padded on the ${side} needs no mask`, async () => {
      const [headDim, capacity, longest, length] = [4, 6, 5, 3];
      const scene = new Scene();
      const { graph } = scene;
      const first = scene.integers('first', [2], (s) => (s === 0 ? shift : 0));
      const next = scene.integers('next', [2], (s) => (s === 0 ? length : longest));
      const q = scene.normal('q', [2, headDim]);
      const keys = ['k', 'v'].map((name) => {
        const isPadding = (row: number) => row < longest && (row < -shift || row >= length - shift);
        const prompts = scene.values(`${name} prompts`, [2 * longest, headDim], (i) =>
          isPadding(Math.floor(i / headDim)) ? 1e3 : scene.random.normal(),
        );
        const token = scene.normal(`${name} token`, [2, headDim]);
        const empty = scene.values(`${name} cache`, [2 * capacity, headDim], () => 0);
        const [filled] = graph.apply(writeRows, [empty, prompts, first], { sequences: 2 });
        const [cache] = graph.apply(writeRows, [filled!, token, next], { sequences: 2 });
        const values = ['prompts', 'token'].map((part) => scene.stored.get(`${name} ${part}`)!);
        const own = [...values[0]!.slice(-shift * headDim, (length - shift) * headDim), ...values[1]!];
        return { cache: cache!, alone: scene.values(`${name} alone`, [length + 1, headDim], (i) => own[i]!) };
      });
      const plain = { heads: 1, kvHeads: 1, headDim, queriesPerSequence: 1, scale: 0.5 };
      const over = (kind: 'cache' | 'alone') => [keys[0]![kind], keys[1]![kind]];
      const [row] = graph.apply(gatherRows, [q, scene.integers('row', [1], () => 0)], {});
      const last = scene.integers('last', [1], () => length);
      const batched = { ...plain, keysPerSequence: capacity };
      const single = { ...plain, keysPerSequence: length + 1 };
      scene.output(
        graph.apply(attention, [q, ...over('cache'), next], batched)[0]!,
        graph.apply(attention, [row!, ...over('alone'), last], single)[0]!,
      );
      for (const [both, alone] of await expectVariantsEqualCpu(scene, headDim + capacity))
        expect(both!.slice(0, headDim)).toEqual(alone);
    });
  }

  it('the last query of a window sees what it would see were the window all there is', async () => {
    const [length, window, headDim] = [7, 3, 4];
    const scene = new Scene();
    const whole = ['q', 'k', 'v'].map((name) => scene.normal(name, [length, headDim]));
    const part = whole.map((x) => {
      const rows = scene.integers(`rows of ${x.name}`, [window], (i) => length - window + i);
      return scene.graph.apply(gatherRows, [x, rows], {})[0]!;
    });
    const plain = { heads: 1, kvHeads: 1, headDim, scale: 0.5 };
    const of = (rows: number) => ({ ...plain, queriesPerSequence: rows, keysPerSequence: rows });
    scene.output(
      scene.graph.apply(attention, [...whole, null], { ...of(length), window })[0]!,
      scene.graph.apply(attention, [...part, null], of(window))[0]!,
    );
    for (const [seen, alone] of await expectVariantsEqualCpu(scene, headDim + length)) {
      const last = (y: HostArray) => Float32Array.from(y).slice(-headDim);
      expectClose(last(seen!), last(alone!), headDim + length);
    }
  });

  it('survives scores of ±1000', async () => {
    const scene = new Scene();
    const [q, k, v] = ['q', 'k', 'v'].map((name) => scene.normal(name, [9, 4], { trainable: true }));
    const attributes = {
      heads: 2,
      kvHeads: 2,
      headDim: 2,
      queriesPerSequence: 9,
      keysPerSequence: 9,
      scale: 300,
    };
    const [y] = scene.graph.apply(attention, [q!, k!, v!, null], attributes);
    // The score's own rounding, 300·1e-7 of an exponent, is the scale here.
    scene.output(y!);
    await expectVariantsEqualCpu(scene, 300);
  });
});
