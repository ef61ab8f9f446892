import type { Step } from './program.ts';
import { readBuffer } from './read.ts';

export interface DispatchTime {
  readonly label: string;
  readonly milliseconds: number;
  /** Multiply–accumulates, roughly. */
  readonly work: number;
}

/** Runs dispatches in order, each in a pass of its own between two timestamps. */
export async function timeDispatches(device: GPUDevice, steps: readonly Step[]): Promise<DispatchTime[]> {
  const times: DispatchTime[] = [];
  const portion = 1024; // a query set holds at most 4096
  for (let begin = 0; begin < steps.length; begin += portion) {
    times.push(...(await timePortion(device, steps.slice(begin, begin + portion))));
  }
  return times;
}

async function timePortion(device: GPUDevice, steps: readonly Step[]): Promise<DispatchTime[]> {
  const count = steps.length * 2;
  const querySet = device.createQuerySet({ type: 'timestamp', count });
  const resolved = device.createBuffer({ size: count * 8, usage: 0x200 | 0x04 }); // QUERY_RESOLVE | COPY_SRC
  const encoder = device.createCommandEncoder();
  steps.forEach(({ pipeline, group, workgroups }, index) => {
    const timestampWrites = {
      querySet,
      beginningOfPassWriteIndex: index * 2,
      endOfPassWriteIndex: index * 2 + 1,
    };
    const pass = encoder.beginComputePass({ timestampWrites });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...workgroups);
    pass.end();
  });
  encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
  device.queue.submit([encoder.finish()]);
  const stamps = new BigUint64Array(await readBuffer(device, resolved, count * 8));
  querySet.destroy();
  resolved.destroy();
  return steps.map(({ label, work }, index) => ({
    label,
    work,
    milliseconds: Number(stamps[index * 2 + 1]! - stamps[index * 2]!) / 1e6,
  }));
}
