import { PareError } from '../lib/assert.ts';
import type { Backend } from '../backends/backend.ts';
import type { Checkpoint } from '../session/checkpoint.ts';
import type { DeviceInfo, RecoveryCause, SessionEvent } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import { RunStopped } from './control.ts';
import type { LoadedModel } from './model.ts';

/** The graphics device is gone, and everything on it with it. */
export class DeviceLost extends PareError {
  constructor(reason: string) {
    super(
      'device-lost',
      `The graphics device was lost (${reason.slice(0, 300)}).`,
      'Try again: a new device is taken.',
    );
  }
}

/** A training step does not fit; half of one may. */
export class TrainingMemory extends PareError {
  constructor({ message, remedy, details }: PareError) {
    super('out-of-memory', message, remedy, details);
  }
}

/** Recoveries in a row that bring a run no further. */
const mostRetries = 3;

/** Counts recoveries, so that a run that fails again and again at the same place ends. */
export class Recoveries {
  #place = -1;
  #retries = 0;

  /** Throws `error` once there is no hope. */
  count(checkpoint: Checkpoint | null, error: Error): void {
    const place = placeOf(checkpoint);
    this.#retries = place === this.#place ? this.#retries + 1 : 1;
    this.#place = place;
    if (this.#retries <= mostRetries) return;
    throw new PareError(
      'recovery-failed',
      `${error.message} This happened ${this.#retries} times at the same place.`,
      'Close other pages that use the GPU, or lower the batch size, then continue the session or run it again.',
    );
  }
}

/** Grows with every step that is recorded, and within training. */
function placeOf(checkpoint: Checkpoint | null): number {
  const steps = checkpoint?.log.findLast((event) => event.type === 'progress')?.done ?? 0;
  return (checkpoint?.records.length ?? 0) * 1e7 + (checkpoint?.partial ? steps : 0);
}

/** For the user: where the run goes on. */
export function describePlace(checkpoint: Checkpoint | null): string {
  if (!checkpoint) return 'from its beginning';
  const { log, partial, records } = checkpoint;
  const last = log.findLast((event) => event.type === 'progress' || event.type === 'stage');
  if (partial && last?.type === 'progress') {
    const isBaseline = partial.key === 'train lora' && records.some(({ key }) => key.startsWith('train '));
    return `from training step ${last.done}${isBaseline ? ' of plain LoRA' : ''}`;
  }
  const scored = log.filter((event) => event.type === 'evaluated').length;
  return records.length > 1 && last
    ? `from stage “${last.stage}”, ${scored} scores kept`
    : 'from its beginning';
}

export function deviceInfoOf({ backend: { facts } }: Pick<LoadedModel, 'backend'>): DeviceInfo {
  return { backend: facts.backend, adapter: facts.adapter.slice(0, 200), kernels: facts.kernels };
}

/** What a run was on last. */
export function lastDevice(log: readonly SessionEvent[]): DeviceInfo | null {
  return log.findLast((event) => event.type === 'recovered' || event.type === 'started')?.device ?? null;
}

/**
 * Lets the device go on with the kernels that a log names, if it is the same adapter, which is what it returns: other
 * kernels give other bits.
 */
export function takeKernels({ backend }: Pick<LoadedModel, 'backend'>, device: DeviceInfo | null): boolean {
  const here = deviceInfoOf({ backend });
  const isSame = device?.backend === here.backend && device.adapter === here.adapter;
  if (isSame) backend.adopt?.(device.kernels ?? '');
  return isSame;
}

/** Whether an error is one that a run can go on after. */
export function whyInterrupted(error: unknown): RecoveryCause | null {
  if (error instanceof DeviceLost) return 'device-lost';
  return error instanceof TrainingMemory ? 'out-of-memory' : null;
}

/** The next number of equal parts of a training batch; null where there are no smaller ones. */
export function moreParts({ training: { batch } }: Recipe, parts: number): number | null {
  for (let more = parts + 1; more <= batch; more++) if (batch % more === 0) return more;
  return null;
}

/** The number of parts that a log names, if the batch can be split so: it comes from a file. */
export const partsOf = ({ training: { batch } }: Recipe, parts: number): number =>
  batch % parts === 0 ? parts : 1;

/** How long a device may take to report its loss after work on it has failed, in milliseconds. */
const lossIsReportedWithin = 500;

type Hear = (reason: string) => void;

/**
 * Who waits on a device. One reaction to its loss serves them all: a promise that lives as long as the device would
 * otherwise hold the outcome of everything that was ever raced with it.
 */
class Watch {
  readonly #hearers = new Set<Hear>();
  #reason: string | null = null;

  constructor(backend: Backend) {
    void this.#follow(backend);
  }

  add(hear: Hear): void {
    if (this.#reason === null) this.#hearers.add(hear);
    else hear(this.#reason);
  }

  remove(hear: Hear): void {
    this.#hearers.delete(hear);
  }

  async #follow(backend: Backend): Promise<void> {
    this.#reason = await backend.lost;
    for (const hear of this.#hearers) hear(this.#reason);
  }
}

const watches = new WeakMap<Backend, Watch>();

function watchOf(backend: Backend): Watch {
  const watch = watches.get(backend) ?? new Watch(backend);
  watches.set(backend, watch);
  return watch;
}

/**
 * The outcome of work on a device, or `DeviceLost` as soon as the device is: some calls never come back then, others fail
 * with errors of their own.
 */
export async function unlessLost<T>({ backend }: { backend: Backend }, work: Promise<T>): Promise<T> {
  const watch = watchOf(backend);
  let hear: Hear | null = null;
  const lost = new Promise<never>((_, reject) => {
    hear = (reason) => reject(new DeviceLost(reason));
    watch.add(hear);
  });
  lost.catch(() => undefined);
  work.catch(() => undefined);
  try {
    return await Promise.race([work, lost]);
  } catch (error) {
    if (error instanceof RunStopped || error instanceof DeviceLost) throw error;
    if (!(error instanceof PareError) || error.code === 'out-of-memory') {
      const wait = new Promise<void>((resolve) => setTimeout(resolve, lossIsReportedWithin));
      await Promise.race([lost, wait]);
    }
    throw error;
  } finally {
    if (hear) watch.remove(hear);
  }
}
