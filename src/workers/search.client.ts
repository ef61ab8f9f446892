import { proxy, wrap } from 'comlink';
import type { SearchDriver } from '../recipes/run-context.ts';
import { toPlainError } from './errors.ts';
import type { SearchJobApi } from './search.protocol.ts';

/**
 * The search worker as a driver for runs. A stop or a failure while scoring crosses to the search worker and back; the
 * error that began it is kept here, so that the run sees that one.
 */
export function remoteSearch(port: MessagePort): SearchDriver {
  const worker = wrap<SearchJobApi>(port);
  return async (request, host) => {
    let cause: { error: unknown } | null = null;
    const evaluate: typeof host.evaluate = async (genomes, generation) => {
      try {
        return await host.evaluate(genomes, generation);
      } catch (error) {
        cause = { error };
        // oxlint-disable-next-line typescript/only-throw-error -- only plain objects cross between workers
        throw toPlainError(error);
      }
    };
    try {
      await worker.run(
        request,
        proxy(evaluate),
        proxy((index: number, volume: number) => void host.onGeneration(index, volume)),
      );
    } catch (error) {
      throw cause ? (cause as { error: unknown }).error : error;
    }
  };
}
