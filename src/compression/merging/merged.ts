import { Graph } from '../../graph/graph.ts';
import { mergedWeight } from '../../models/merged.ts';
import type { Runnable } from '../../models/runnable.ts';

/**
 * The merged weight of a module that is merged inside the forward pass, read from the device that trained it: floats
 * that its dtype holds, or codes 0…15, [out, in]. Nothing is computed anew, so what ships is what was trained.
 */
export async function readMergedWeight(model: Runnable, module: string): Promise<Float32Array<ArrayBuffer>> {
  const { backend, store, plan, masked, limits } = model;
  const graph = new Graph();
  const input = plan.columns > 0 ? graph.input('limits', 'i32', [1, plan.columns]) : null;
  const specOf = (name: string) => store.spec(name);
  graph.output('merged', mergedWeight(graph, module, input, { plan, masked, specOf }).values);
  const program = await backend.compile(graph, store);
  try {
    if (input) program.write('limits', Int32Array.from(limits));
    program.run();
    return (await program.read('merged')) as Float32Array<ArrayBuffer>;
  } finally {
    program.dispose();
  }
}
