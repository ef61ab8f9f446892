import { PareError } from '../lib/assert.ts';
import type { Checkpoint } from '../session/checkpoint.ts';
import type { DeviceInfo, RecoveryCause, ResultRow, SessionEvent } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import type { SessionLibrary } from '../storage/library.ts';
import type { Bench } from './bench.ts';
import { RunControl } from './control.ts';
import { runToEnd } from './engine.ts';
import { keepInputs, type OpenedData } from './kept-session.ts';
import type { LoadedData } from './loaded-data.ts';
import type { SearchDriver } from './run-context.ts';
import { chooseAnother, type FinishedRun } from './run.ts';
import { libraryEntry, SessionKeeper, type Trouble } from './session-keeper.ts';

export interface RunOptions {
  /** A log that begins again with `started` replaces the one before. */
  readonly onEvent: (event: SessionEvent) => void;
  /** The library's entry that the run is kept in. */
  readonly session?: string | null;
  readonly onTrouble?: (trouble: Trouble) => void;
  /** What the run that is reproduced was on. */
  readonly like?: DeviceInfo | null;
}

/** A run, as far as it takes to begin it again. */
interface Request {
  readonly recipe: Recipe;
  readonly data: LoadedData;
  /** Further data sets that are only tested on. */
  readonly tests: readonly LoadedData[];
  /** Files that the data were read from, to be kept beside the session. */
  readonly opened: readonly OpenedData[];
  readonly options: RunOptions;
}

export interface LatestRunOptions {
  readonly search: SearchDriver;
  readonly library?: SessionLibrary;
  readonly checkpointInterval?: number;
}

/** The studio's latest run: kept as it goes on, at hand when it is over, and put back after a lost device. */
export class LatestRun {
  readonly #bench: Bench;
  readonly #options: LatestRunOptions;
  #request: Request | null = null;
  #keeper: SessionKeeper | null = null;
  #checkpoint: Checkpoint | null = null;
  #finished: FinishedRun | null = null;
  #rows: ResultRow[] = [];
  #silent = false;

  constructor(bench: Bench, options: LatestRunOptions) {
    this.#bench = bench;
    this.#options = options;
  }

  /** Of the results table. */
  get rows(): readonly ResultRow[] {
    return this.#rows;
  }

  /** Goes to its end, from the start or from a checkpoint. What cannot run at all leaves the run before as it was. */
  async run(
    request: Request,
    control: RunControl,
    from: { checkpoint: Checkpoint; cause: RecoveryCause } | null = null,
  ): Promise<void> {
    const { recipe, data, tests, options } = request;
    const { checkpointInterval, search } = this.#options;
    const keeper = this.#keeperOf(options, from?.checkpoint ?? null);
    let inputs: Promise<void> | null = null;
    try {
      this.#finished = await runToEnd({
        recipe,
        model: this.#bench.needModel(),
        data,
        tests,
        control,
        search,
        from,
        like: options.like ?? null,
        onEvent: (event) => {
          this.#noteRow(event);
          keeper?.hear(event);
          if (!this.#silent) options.onEvent(event);
        },
        onStart: () => {
          this.forget();
          this.#request = request;
          this.#keeper = keeper;
          this.#checkpoint = from?.checkpoint ?? null;
          // So that the library says at once that it goes on.
          if (from) keeper?.offer(from.checkpoint);
        },
        onCheckpoint: (checkpoint) => {
          this.#checkpoint = checkpoint;
          keeper?.offer(checkpoint);
          if (keeper) inputs ??= this.#keepInputs(keeper, request);
        },
        ...(checkpointInterval === undefined ? {} : { checkpointInterval }),
        ...(this.#bench.canRenew
          ? {
              reopen: async (reason: string) => {
                await this.#bench.renew(reason);
                return this.#bench.needModel();
              },
            }
          : {}),
      });
    } finally {
      await keeper?.flush();
    }
  }

  /** Puts a finished run back on a new device. Nobody need hear of it: its log is what it was. */
  async putBack(lost: string): Promise<void> {
    await this.#bench.renew(lost);
    const [request, checkpoint] = [this.#request, this.#checkpoint];
    if (!this.#finished || !request || !checkpoint) return;
    this.#silent = true;
    try {
      await this.run(request, new RunControl(), { checkpoint, cause: 'device-lost' });
    } finally {
      this.#silent = false;
    }
  }

  async choose(genome: readonly number[], control: RunControl): Promise<void> {
    const finished = this.needFinished();
    this.#finished = await chooseAnother({ ...finished, run: { ...finished.run, control } }, genome);
    await this.save();
  }

  /** Saves what has been added to the log since the end. */
  async save(): Promise<void> {
    await this.#keeper?.flush();
  }

  /** The session file of the run where the library has no room for it; null for all other sessions. */
  unwritten(session: string): ReadableStream<Uint8Array> | null {
    return this.#request?.options.session === session ? (this.#keeper?.unwritten() ?? null) : null;
  }

  forget(): void {
    this.#finished?.chosen.store.dispose();
    this.#finished = null;
    this.#request = null;
    this.#keeper = null;
    this.#checkpoint = null;
    this.#rows = [];
  }

  needFinished(): FinishedRun {
    if (this.#finished) return this.#finished;
    throw new PareError(
      'no-run',
      'There is no finished run in this studio.',
      'Run a recipe to its end first.',
    );
  }

  #noteRow(event: SessionEvent): void {
    if (event.type === 'started') this.#rows = [];
    if (event.type === 'result')
      this.#rows = [...this.#rows.filter(({ tag }) => tag !== event.row.tag), event.row];
  }

  #keeperOf(
    { session, onTrouble = () => undefined }: RunOptions,
    from: Checkpoint | null,
  ): SessionKeeper | null {
    const { library, checkpointInterval: interval } = this.#options;
    if (!session || !library) return null;
    const save = libraryEntry(library, session, { exists: from !== null });
    return new SessionKeeper({ save, from, onTrouble, interval });
  }

  #keepInputs(keeper: SessionKeeper, { opened, options }: Request): Promise<void> {
    return keepInputs({
      library: this.#options.library!,
      saved: keeper.flush(),
      onTrouble: options.onTrouble ?? (() => undefined),
      inputs: [
        { kind: 'models', sha256: this.#bench.needModel().info.sha256, files: this.#bench.files },
        ...opened.map(({ data: { file }, source }) => ({
          kind: 'data' as const,
          sha256: file.sha256,
          files: [source],
        })),
      ],
    });
  }
}
