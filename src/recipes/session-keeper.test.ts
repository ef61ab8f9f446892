import { setTimeout as wait } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import type { Checkpoint } from '../session/checkpoint.ts';
import type { SessionEvent } from '../session/events.ts';
import { appendToLog } from '../session/log.ts';
import { logFixture } from '../session/session.testing.ts';
import { SessionKeeper, type KeeperOptions, type Trouble } from './session-keeper.ts';

const log: SessionEvent[] = [];
appendToLog(log, logFixture({ finish: false }));
const checkpointOf = (records: number): Checkpoint => ({
  log: log.slice(0, records + 1),
  records: Array.from({ length: records }, (_, index) => ({
    key: `step ${index}`,
    value: null,
    tensors: new Map(),
  })),
  partial: null,
});

describe('a kept run', () => {
  let saved: { events: number; records: number | null }[];
  let troubles: Trouble[];
  let release: (() => void) | null;

  beforeEach(() => {
    [saved, troubles, release] = [[], [], null];
  });

  const save: KeeperOptions['save'] = async (events: readonly SessionEvent[], checkpoint) => {
    saved.push({ events: events.length, records: checkpoint?.records.length ?? null });
  };
  /** Writes that take until `release` is called. */
  const slow: KeeperOptions['save'] = async (events, checkpoint) => {
    await new Promise<void>((resolve) => (release = resolve));
    await save(events, checkpoint);
  };
  const keeperOf = (options: Partial<KeeperOptions> = {}) =>
    new SessionKeeper({ save, interval: 0, onTrouble: (trouble) => troubles.push(trouble), ...options });
  const hearAll = (keeper: SessionKeeper) => log.forEach((event) => keeper.hear(event));

  it('is written when there is something to go on from, with the log as it is then', async () => {
    const keeper = keeperOf();
    hearAll(keeper);
    await wait(5);
    expect(saved).toEqual([]);
    keeper.offer(checkpointOf(2));
    await wait(5);
    expect(saved).toEqual([{ events: log.length, records: 2 }]);
  });

  it('is written once at a time, and then with the newest checkpoint', async () => {
    const keeper = keeperOf({ save: slow });
    hearAll(keeper);
    keeper.offer(checkpointOf(1));
    await wait(5);
    for (const records of [2, 3, 4]) keeper.offer(checkpointOf(records));
    await wait(5);
    expect(saved).toEqual([]);
    release!();
    await wait(5);
    release!();
    await wait(5);
    expect(saved.map(({ records }) => records)).toEqual([1, 4]);
  });

  it('is not written more often than the interval', async () => {
    const keeper = keeperOf({ interval: 60_000 });
    hearAll(keeper);
    keeper.offer(checkpointOf(1));
    await wait(5);
    keeper.offer(checkpointOf(2));
    await wait(20);
    expect(saved.map(({ records }) => records)).toEqual([1]);
    await keeper.flush();
    expect(saved.map(({ records }) => records)).toEqual([1, 2]);
  });

  it('is written no more after a flush, even where one was due', async () => {
    const keeper = keeperOf({ save: slow, interval: 20 });
    hearAll(keeper);
    keeper.offer(checkpointOf(1));
    await wait(5);
    keeper.offer(checkpointOf(2));
    const flushed = keeper.flush();
    release!();
    await wait(5);
    release!();
    await flushed;
    await wait(50);
    expect(saved.map(({ records }) => records)).toEqual([1, 2]);
  });

  it('that goes on keeps what it goes on from until there is a newer checkpoint', async () => {
    const keeper = keeperOf({ from: checkpointOf(7) });
    hearAll(keeper);
    await keeper.flush();
    expect(saved).toEqual([{ events: log.length, records: 7 }]);
  });

  it('that cannot be written says so once, and tries again', async () => {
    let full = true;
    const keeper = keeperOf({
      save: async (...session) => {
        if (full) throw new PareError('storage-full', 'The disk is full.', 'Free space.');
        await save(...session);
      },
    });
    hearAll(keeper);
    for (const records of [1, 2, 3]) {
      keeper.offer(checkpointOf(records));
      await wait(5);
    }
    const message = expect.stringContaining('The disk is full') as string;
    expect(troubles).toEqual([{ code: 'storage-full', message, remedy: 'Free space.' }]);
    full = false;
    keeper.offer(checkpointOf(4));
    await wait(5);
    expect(saved.map(({ records }) => records)).toEqual([4]);
  });
});
