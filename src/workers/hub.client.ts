import { proxy, wrap } from 'comlink';
import { PareError } from '../lib/assert.ts';
import { toPareError } from './errors.ts';
import type { HubApi } from './hub.protocol.ts';

/** Starts the worker. Where it dies, all calls reject, and the next action should start another one: `onCrash`. */
export function createHubClient(onCrash: () => void): HubApi {
  const worker = new Worker(new URL('./hub.worker.ts', import.meta.url), { type: 'module', name: 'hub' });
  const hub = wrap<HubApi>(worker);
  const crash = new Promise<never>((_, reject) => {
    worker.addEventListener('error', ({ message }) => {
      worker.terminate();
      onCrash();
      reject(
        new PareError(
          'hub-crashed',
          `The download stopped unexpectedly${message ? `: ${message}` : '.'}`,
          'Try it again; what has arrived is kept.',
        ),
      );
    });
  });
  crash.catch(() => undefined);
  const call = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await Promise.race([answer, crash]);
    } catch (error) {
      throw toPareError(error);
    }
  };
  return {
    lookUp: (text, kind, token) => call(hub.lookUp(text, kind, token)),
    download: (selection, token, onProgress) => call(hub.download(selection, token, proxy(onProgress))),
    cancel: (kind) => call(hub.cancel(kind)),
    entries: () => call(hub.entries()),
    damaged: () => call(hub.damaged()),
    remove: (key) => call(hub.remove(key)),
  };
}
