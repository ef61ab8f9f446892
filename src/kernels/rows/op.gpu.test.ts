import { describe, expect, it } from 'vitest';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { gatherRows, readRows, writeRows } from './op.ts';

describe('rows', () => {
  it('gathers, −1 giving zeros; the gradient scatters, zero in rows that nobody took', async () => {
    const scene = new Scene();
    const rows = [4, -1, 0, 6];
    const x = scene.normal('x', [7, 5], { trainable: true });
    const [y] = scene.graph.apply(gatherRows, [x, scene.integers('rows', [4], (i) => rows[i]!)], {});
    scene.output(y!, ...scene.gradients(y!).values());
    const [gathered, scattered] = await expectGpuEqualsCpu(scene, 0);
    expect(gathered!.slice(5, 10)).toEqual(new Float32Array(5));
    expect(scattered!.slice(5, 20)).toEqual(new Float32Array(15));
    expect(scattered!.slice(20, 25)).toEqual(scene.stored.get('noise')!.slice(0, 5));
  });

  for (const { label, start, shape } of [
    { label: 'inside', start: 2, shape: [3, 5] },
    { label: 'up to the end', start: 4, shape: [3, 5] },
    { label: 'past the end, where rows are dropped', start: 6, shape: [3, 5] },
    { label: 'a number of a ring', start: 6, shape: [1] },
  ]) {
    it(`writes in place, ${label}`, async () => {
      const scene = new Scene();
      const target = scene.normal('target', shape.length === 1 ? [7, 1] : [7, 5]);
      const written = [target, scene.normal('value', shape), scene.integers('start', [1], () => start)];
      scene.output(scene.graph.apply(writeRows, written, {})[0]!);
      await expectGpuEqualsCpu(scene, 0);
    });
  }

  it('writes each sequence’s rows at its own position; those outside of its part go nowhere', async () => {
    const starts = [1, -1, 3, -(2 ** 30)];
    const scene = new Scene();
    const target = scene.values('target', [16, 5], () => 0);
    const value = scene.values('value', [8, 5], (i) => 1 + Math.floor(i / 5));
    const start = scene.integers('start', [4], (i) => starts[i]!);
    scene.output(scene.graph.apply(writeRows, [target, value, start], { sequences: 4 })[0]!);
    const [found] = await expectGpuEqualsCpu(scene, 0);
    const firstColumn = Array.from({ length: 16 }, (_, row) => found![row * 5]);
    expect(firstColumn).toEqual([0, 1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0]);
  });

  it('reads batch 2 of a stored tensor', async () => {
    const scene = new Scene();
    const source = scene.normal('source', [9, 5]);
    scene.output(
      scene.graph.apply(readRows, [source, scene.integers('batch', [1], () => 2)], { rows: 3 })[0]!,
    );
    const [found] = await expectGpuEqualsCpu(scene, 0);
    expect(found).toEqual(scene.stored.get('source')!.slice(30, 45));
  });
});
