/**
 * Which tab works on which session. A lock lasts until it is released or its tab is gone, however that went; and a
 * browser does not freeze a hidden page that holds one.
 */
const prefix = 'pare-session-';
const held = new Map<string, () => void>();

/** A page that is not served securely has no locks; then each tab is on its own. */
const manager = (): LockManager | undefined => globalThis.navigator?.locks;

/** Takes the session for this tab; false where another tab has it. */
export async function hold(entry: string): Promise<boolean> {
  const locks = manager();
  if (held.has(entry) || !locks) return true;
  return new Promise((resolve, reject) => {
    const take = (lock: Lock | null): Promise<void> | undefined => {
      resolve(lock !== null);
      return lock ? new Promise((letGo) => held.set(entry, letGo)) : undefined;
    };
    locks.request(prefix + entry, { ifAvailable: true }, take).catch(reject);
  });
}

export function release(entry: string): void {
  held.get(entry)?.();
  held.delete(entry);
}

/** Resolves once no tab works on the session any more; rejects where it is aborted before. */
export async function untilFree(entry: string, signal: AbortSignal): Promise<void> {
  await manager()?.request(prefix + entry, { mode: 'shared', signal }, () => undefined);
}

/** The sessions that other tabs work on. */
export async function heldElsewhere(): Promise<ReadonlySet<string>> {
  const names = ((await manager()?.query())?.held ?? []).map(({ name }) => name ?? '');
  const entries = names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return new Set(entries.filter((entry) => !held.has(entry)));
}
