import { expose } from 'comlink';
import { z } from 'zod';
import { Hub } from '../hub/hub.ts';
import type { HubKind } from '../hub/reference.ts';
import { publicHub } from '../hub/transport.ts';
import { PareError } from '../lib/assert.ts';
import { openStorage } from '../storage/open-storage.ts';
import { throwingPlainErrors } from './errors.ts';
import type { HubApi } from './hub.protocol.ts';

/** Lists, downloads and checks off the page: hashing a model takes seconds. */

z.config({ jitless: true });

const progressMs = 100;

const opened = openStorage().then(({ folder, exclusive, room }) => {
  // A mirror is a matter of the build, and of its Content-Security-Policy: a link or a script cannot name one.
  const endpoint = (import.meta.env.VITE_HUB as string | undefined) ?? publicHub;
  return new Hub({ folder, exclusive, room, endpoint });
});

/** What goes on, by kind; a second request of a kind takes the first one's place. */
const running = new Map<HubKind, AbortController>();

async function cancellable<T>(kind: HubKind, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  running.get(kind)?.abort();
  const control = new AbortController();
  running.set(kind, control);
  try {
    return await work(control.signal);
  } catch (error) {
    if (control.signal.aborted)
      throw new PareError('hub-cancelled', 'Cancelled.', 'Resume it whenever you like.');
    throw error;
  } finally {
    if (running.get(kind) === control) running.delete(kind);
  }
}

/** The first, the last, and some between. */
function seldom<T>(report: (value: T) => void, isLast: (value: T) => boolean): (value: T) => void {
  let last = -Infinity;
  return (value) => {
    const now = performance.now();
    if (now - last < progressMs && !isLast(value)) return;
    last = now;
    report(value);
  };
}

const api: HubApi = {
  lookUp: async (text, kind, token) => {
    const hub = await opened;
    return cancellable(kind, (signal) => hub.lookUp(text, kind, { token, signal }));
  },
  download: async (selection, token, onProgress) => {
    const hub = await opened;
    const report = seldom(onProgress, ({ done, total }) => done === total);
    return cancellable(selection.kind, (signal) => hub.download(selection, { token, signal }, report));
  },
  cancel(kind) {
    running.get(kind)?.abort();
    return Promise.resolve();
  },
  entries: async () => (await opened).entries(),
  damaged: async () => (await opened).damaged(),
  remove: async (key) => (await opened).remove(key),
};

expose(throwingPlainErrors(api));
