import { Reader } from './read.ts';
import { encode, type Step } from './step.ts';

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

/**
 * Milliseconds that the device takes for so many runs of dispatches, in one submit: between two timestamps where it has
 * them, else until it is idle.
 */
export async function timeRuns(device: GPUDevice, steps: readonly Step[], runs: number): Promise<number> {
  if (device.features.has('timestamp-query')) {
    const [span] = await timeSpans(device, [Array.from({ length: runs }, () => steps).flat()]);
    return span!;
  }
  const began = performance.now();
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (let run = 0; run < runs; run++) encode(pass, steps);
  pass.end();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  return performance.now() - began;
}

async function timePortion(device: GPUDevice, steps: readonly Step[]): Promise<DispatchTime[]> {
  const times = await timeSpans(
    device,
    steps.map((step) => [step]),
  );
  return steps.map(({ label, work }, index) => ({ label, work, milliseconds: times[index]! }));
}

/** Milliseconds of each list of dispatches, which is a pass of its own. */
async function timeSpans(device: GPUDevice, spans: readonly (readonly Step[])[]): Promise<number[]> {
  const count = spans.length * 2;
  const querySet = device.createQuerySet({ type: 'timestamp', count });
  const resolved = device.createBuffer({ size: count * 8, usage: 0x200 | 0x04 }); // QUERY_RESOLVE | COPY_SRC
  const reader = new Reader(device);
  try {
    const encoder = device.createCommandEncoder();
    spans.forEach((steps, index) => {
      const timestampWrites = {
        querySet,
        beginningOfPassWriteIndex: index * 2,
        endOfPassWriteIndex: index * 2 + 1,
      };
      const pass = encoder.beginComputePass({ timestampWrites });
      encode(pass, steps);
      pass.end();
    });
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    device.queue.submit([encoder.finish()]);
    const stamps = new BigUint64Array(await reader.read(resolved, count * 8));
    return spans.map((_, index) => millisecondsBetween(stamps[index * 2]!, stamps[index * 2 + 1]!));
  } finally {
    reader.dispose();
    querySet.destroy();
    resolved.destroy();
  }
}

/** Of nanoseconds. A device's clock may jump, back too: that tells nothing, which is 0. */
const millisecondsBetween = (begin: bigint, end: bigint): number => Math.max(0, Number(end - begin) / 1e6);
