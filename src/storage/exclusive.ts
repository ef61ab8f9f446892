/** Does `work` when no other work of this name is under way, in the order of asking. */
export type Exclusive = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** Among those who share the function. */
export function exclusiveHere(): Exclusive {
  const last = new Map<string, Promise<unknown>>();
  return async (name, work) => {
    const before = last.get(name);
    const turn = before ? before.then(work, work) : work();
    last.set(name, turn);
    try {
      return await turn;
    } finally {
      if (last.get(name) === turn) last.delete(name);
    }
  };
}

/** Among all tabs and workers of this site; a lock goes when the thread that holds it does. */
export const exclusiveInBrowser: Exclusive = (name, work) => navigator.locks.request(`pare/${name}`, work);
