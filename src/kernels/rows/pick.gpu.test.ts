import { describe, expect, it } from 'vitest';
import { expectGpuEqualsCpu, Scene } from '../compare.testing.ts';
import { pickRows, sumRows } from './pick.ts';

describe('picked rows', () => {
  for (const { rows, columns, ids } of [
    { rows: 7, columns: 5, ids: [4, 0, 4, 6, 4] },
    { rows: 1, columns: 3, ids: [0, 0] },
    { rows: 130, columns: 33, ids: Array.from({ length: 75 }, (_, i) => (i * i) % 130) },
  ]) {
    it(`${ids.length} of ${rows} × ${columns}, and their gradient`, async () => {
      const scene = new Scene();
      const x = scene.normal('x', [rows, columns], { trainable: true });
      const [y] = scene.graph.apply(pickRows, [x, scene.integers('ids', [ids.length], (i) => ids[i]!)], {});
      scene.output(y!);
      const [found] = await expectGpuEqualsCpu(scene, 0);
      const table = scene.stored.get('x')!;
      const row = ids.at(-1)!;
      expect(found!.slice(-columns)).toEqual(table.slice(row * columns, (row + 1) * columns));
      scene.output(...scene.gradients(y!).values());
      await expectGpuEqualsCpu(scene, ids.length);
    });
  }

  it('sums of rows that nobody took are zero, and runs agree bit for bit', async () => {
    const scene = new Scene();
    const ids = scene.integers('ids', [40], (i) => 2 * (i % 3));
    scene.output(scene.graph.apply(sumRows, [scene.normal('x', [40, 9]), ids], { size: 6 })[0]!);
    const [first] = await expectGpuEqualsCpu(scene, 40);
    const [second] = await expectGpuEqualsCpu(scene, 40);
    expect(first!.slice(9, 18)).toEqual(new Float32Array(9));
    expect(first!.slice(45)).toEqual(new Float32Array(9));
    expect(second).toEqual(first);
  });
});
