import { describe, expect, it } from 'vitest';
import { Graph } from '../graph/graph.ts';
import { add } from '../kernels/ops.ts';
import { allBuilt } from './all-built.ts';
import type { Program } from './backend.ts';
import { CpuBackend } from './cpu/cpu.ts';
import { Pacer } from './pacer.ts';

describe('a pacer', () => {
  it('waits when enough is queued, and on the CPU after every run', async () => {
    let waits = 0;
    const backend = new CpuBackend();
    const pacer = new Pacer(backend, () => Promise.resolve(void waits++));
    for (let run = 0; run < 10; run++) await pacer.ran(1e8);
    expect(waits).toBe(2);
    const program = await backend.compile(new Graph(), backend.createStore());
    await pacer.ran(program.work);
    await pacer.ran(program.work);
    expect(waits).toBe(4);
  });

  it('hands on what the checkpoint throws', async () => {
    const pacer = new Pacer(new CpuBackend(), () => Promise.reject(new Error('stopped')));
    await expect(pacer.ran(1e9)).rejects.toThrow('stopped');
  });
});

it('programs that need each other are freed when one of them fails', async () => {
  let freed = 0;
  const program = { dispose: () => freed++ } as unknown as Program;
  const failing = Promise.reject<Program>(new Error('no room'));
  await expect(allBuilt([Promise.resolve(program), failing])).rejects.toThrow('no room');
  expect(freed).toBe(1);
  expect(await allBuilt([Promise.resolve(program)])).toEqual([program]);
});

it('a CPU program shares scratch memory by liveness, as a GPU does', async () => {
  for (const real of [Float32Array, Float64Array]) {
    const backend = new CpuBackend({ real });
    const graph = new Graph();
    const x = graph.input('x', 'f32', [8]);
    let sum = x;
    for (let i = 0; i < 20; i++) sum = graph.apply(add, [sum, x], {})[0]!;
    graph.output('y', sum);
    const program = await backend.compile(graph, backend.createStore());
    expect(program.scratchBytes).toBe(2 * 8 * real.BYTES_PER_ELEMENT);
    program.write('x', new Float32Array(8).fill(1));
    program.run();
    expect([...(await program.read('y'))]).toEqual(Array(8).fill(21));
  }
});
