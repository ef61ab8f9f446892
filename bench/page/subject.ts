import type { PageOptions, Subject } from '../protocol.ts';
import { profileEvaluation, profileTraining } from './steps.ts';
import { measureThroughput } from './throughput.ts';
import type { Workload } from './workload.ts';

/** Everything about one model: first what a user waits for (cold), then where the time of a step goes. */
export async function measureSubject(
  device: GPUDevice,
  workload: Workload,
  options: PageOptions,
): Promise<Subject> {
  const { name, description, cold } = workload;
  const { compile, throughput } = await measureThroughput(workload, options.rounds);
  const training = await profileTraining(device, workload, options);
  const evaluation = await profileEvaluation(device, workload, options);
  return { name, description, compile: cold ? compile : [], throughput, steps: [training, evaluation] };
}
