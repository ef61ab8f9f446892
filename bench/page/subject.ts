import type { Backend } from '../../src/backends/backend.ts';
import type { Row } from '../protocol.ts';
import type { Section } from '../section.ts';
import { profileEvaluation, profileTraining } from '../../src/recipes/performance/steps.ts';
import { measureThroughput } from '../../src/recipes/performance/throughput.ts';
import type { Workload } from '../../src/recipes/performance/workload.ts';

/** Everything about one model: first what a user waits for (cold), then where the time of a step goes. */
export function subject(title: string, open: (backend: Backend) => Promise<Workload>): Section {
  return {
    title,
    async measure({ backend, say, ...options }) {
      const workload = await open(backend);
      say(workload.description);
      const rows: Row[] = [...(await measureThroughput(workload, options))];
      rows.push(...(await profileTraining(workload, options)));
      rows.push(...(await profileEvaluation(workload, options)));
      return rows;
    },
  };
}
