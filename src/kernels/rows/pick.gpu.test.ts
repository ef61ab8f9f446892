import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../../backends/cpu/cpu.ts';
import { gpuBackend } from '../../backends/webgpu/device.testing.ts';
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

  it('sums are made in the order of the ids: of numbers so unlike that it shows, bit-equal to a plain loop', async () => {
    const [t, c, size] = [333, 5, 60];
    const scene = new Scene(3);
    const taken = Array.from({ length: t }, (_, i) => (i % 4 === 0 ? 7 : scene.random.integer(size)));
    const x = scene.values('x', [t, c], () => scene.random.normal() * 10 ** scene.random.integer(9));
    const ids = scene.integers('ids', [t], (i) => taken[i]!);
    const [y, links] = scene.graph.apply(sumRows, [x, ids], { size });
    scene.output(y!, links!);
    const [sums, chains] = await scene.run(await gpuBackend());
    const expected = new Float32Array(size * c);
    const values = scene.stored.get('x')!;
    taken.forEach((id, i) => {
      for (let j = 0; j < c; j++)
        expected[id * c + j] = Math.fround(expected[id * c + j]! + values[i * c + j]!);
    });
    expect(sums).toEqual(expected);
    const [, expectedChains] = await scene.run(new CpuBackend());
    expect(chains).toEqual(expectedChains);
  });
});
