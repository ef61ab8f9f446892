import { expect, it } from 'vitest';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { gpuBackend } from '../backends/webgpu/device.testing.ts';
import { Graph } from '../graph/graph.ts';
import { tinyModel } from '../recipes/tiny-model.testing.ts';
import { openModel } from './open-model.ts';
import { Decoder } from './decoder.ts';
import { decoderOptions, plainModel } from './runnable.ts';
import { ensureRope, loadWeights } from './weights.ts';

it('a program keeps its rotary tables when longer ones are asked for', async () => {
  for (const backend of [new CpuBackend(), await gpuBackend()]) {
    const folder = await openModel(await tinyModel());
    const store = backend.createStore();
    await loadWeights(folder, store);
    const graph = new Graph();
    const decoder = new Decoder(
      graph,
      folder.config,
      decoderOptions(plainModel(backend, store, folder.config), 1, 4),
    );
    graph.output('logits', decoder.head(decoder.blocks(decoder.embed(graph.input('ids', 'i32', [4])))));
    const program = await backend.compile(graph, store);
    const run = async (ids: number[]) => {
      program.write('ids', Int32Array.from(ids));
      program.run();
      return program.read('logits');
    };
    const before = await run([2, 10, 20, 30]);
    expect(ensureRope(store, folder.config, 33)).toBe(64);
    // A program whose buffers are gone does not run at all: its last output would still stand there.
    expect(await run([2, 3, 4, 5])).not.toEqual(before);
    expect(await run([2, 10, 20, 30])).toEqual(before);
    program.dispose();
    store.dispose();
  }
});
