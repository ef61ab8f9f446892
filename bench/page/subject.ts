import type { Backend } from '../../src/backends/backend.ts';
import type { Row } from '../protocol.ts';
import type { Section } from '../section.ts';
import { profileEvaluation, profileTraining } from './steps.ts';
import { measureThroughput } from './throughput.ts';
import type { Workload } from './workload.ts';

/** Everything about one model: first what a user waits for (cold), then where the time of a step goes. */
export function subject(title: string, open: (backend: Backend) => Promise<Workload>): Section {
  return {
    title,
    async measure({ device, backend, say, ...options }) {
      const workload = await open(backend);
      say(workload.description);
      const rows: Row[] = [...(await measureThroughput(workload, options.rounds))];
      rows.push(...(await profileTraining(device, workload, options)));
      rows.push(...(await profileEvaluation(device, workload, options)));
      return rows;
    },
  };
}
