import type { Backend } from '../backends/backend.ts';
import type { ColumnChoice } from '../datasets/columns.ts';
import { openData } from '../datasets/parse.ts';
import { Generator } from '../evaluation/generate.ts';
import type { FileSource } from '../formats/source.ts';
import { unzipped, zipStream } from '../formats/zip.ts';
import { PareError } from '../lib/assert.ts';
import type { Runnable } from '../models/runnable.ts';
import type { Checkpoint } from '../session/checkpoint.ts';
import type { RecoveryCause, ResultRow, SessionEvent } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import type { ScoredGenome } from '../session/reproduction.ts';
import type { SessionLibrary } from '../storage/library.ts';
import { RunControl } from './control.ts';
import { readData, type LoadedData } from './loaded-data.ts';
import { runToEnd } from './engine.ts';
import { estimateMemory } from './estimate.ts';
import {
  importSession,
  openKept,
  requireSame,
  testsOfSession,
  type ImportedSession,
} from './kept-session.ts';
import { provenExport } from './proof.ts';
import { loadModel, originalModel, type LoadedModel } from './model.ts';
import { DeviceLost, unlessLost } from './recovery.ts';
import { requireStart } from './requirements.ts';
import type { SearchDriver } from './run-context.ts';
import { scoreData, type DataScore } from './score-data.ts';
import { chooseAnother, type FinishedRun } from './run.ts';
import { libraryEntry, SessionKeeper, type Trouble } from './session-keeper.ts';
import {
  dataSummary,
  modelSummary,
  type DataSummary,
  type MemoryEstimate,
  type ModelSummary,
} from './summaries.ts';
import { scoreAgain, verifySaved } from './verify.ts';

export interface StudioOptions {
  /** A device, and another one after that was lost. */
  readonly backend: Backend;
  readonly reopen?: () => Promise<Backend>;
  readonly search: SearchDriver;
  /** Where sessions are kept; absent: nowhere. */
  readonly library?: SessionLibrary;
  /** Milliseconds between checkpoints within training, and between writes of a kept session. */
  readonly checkpointInterval?: number;
}

export interface RunOptions {
  readonly onEvent: (event: SessionEvent) => void;
  /** The library's entry that the run is kept in. */
  readonly session?: string | null;
  readonly onTrouble?: (trouble: Trouble) => void;
}

/** The latest run, as far as it takes to begin it again on another device. */
interface Session {
  readonly recipe: Recipe;
  readonly data: LoadedData;
  readonly tests: readonly LoadedData[];
  readonly options: RunOptions;
  readonly keeper: SessionKeeper | null;
  checkpoint: Checkpoint | null;
}

/** A data file, and what it was read from. */
interface OpenedData {
  readonly source: FileSource;
  readonly data: LoadedData;
}

/**
 * What the studio holds: a device, a model, data, and the last run. Every action either succeeds or leaves what was
 * loaded as it was. One at a time may use the device; the others are refused with the reason. A device that is lost is
 * replaced, and what was on it put back.
 */
export class Studio {
  readonly #options: StudioOptions;
  #backend: Backend;
  #model: LoadedModel | null = null;
  #modelFiles: readonly FileSource[] = [];
  #data: OpenedData | null = null;
  #tests: OpenedData[] = [];
  #session: Session | null = null;
  #finished: FinishedRun | null = null;
  #rows: ResultRow[] = [];
  #control: RunControl | null = null;
  #busy: string | null = null;
  #lost: string | null = null;
  #cancelled = false;

  constructor(options: StudioOptions) {
    this.#options = options;
    this.#backend = options.backend;
    this.#watch(options.backend);
  }

  openModel(given: readonly FileSource[]): Promise<ModelSummary> {
    return this.#onDevice('opening a model', async () => {
      const files = await unzipped(given);
      const model = await loadModel(this.#backend, files);
      this.#forgetRun();
      this.#model?.store.dispose();
      this.#model = model;
      this.#modelFiles = files;
      return modelSummary(model);
    });
  }

  async openData(source: FileSource, columns?: ColumnChoice): Promise<DataSummary> {
    const data = readData(await openData(source), columns);
    this.#data = { source, data };
    return dataSummary(data);
  }

  /** Adds a data set that runs are only tested on; one that is there already is read anew. */
  async addTest(source: FileSource, columns?: ColumnChoice): Promise<DataSummary> {
    const data = readData(await openData(source), columns);
    this.removeTest(data.file.sha256);
    this.#tests = [...this.#tests, { source, data }];
    return dataSummary(data);
  }

  removeTest(sha256: string): void {
    this.#tests = this.#tests.filter(({ data: { file } }) => file.sha256 !== sha256);
  }

  /** Throws where the recipe cannot start from this model at all. */
  estimate(recipe: Recipe): MemoryEstimate {
    requireStart(this.#needModel(), recipe);
    return estimateMemory(this.#needModel(), this.#needData(), recipe);
  }

  /** The open model, as it is, on all of the open data. `stop` ends it. */
  score(task: Recipe['task'], onProgress: (done: number, total: number) => void): Promise<DataScore> {
    return this.#controlled('scoring', ({ checkpoint }) =>
      scoreData(this.#needModel(), this.#needData(), { task, onProgress, pause: checkpoint }),
    );
  }

  run(recipe: Recipe, options: RunOptions): Promise<void> {
    return this.#exclusively('running a recipe', async () => {
      const tests = this.#tests.map(({ data }) => data);
      await this.#runSession({ recipe, data: this.#needData(), tests, options });
    });
  }

  /**
   * Goes on with a kept session: an unfinished run from its last checkpoint; a finished one without doing anything anew,
   * so that its super-network is at hand again.
   */
  continueSession(id: string, options: RunOptions): Promise<void> {
    return this.#exclusively('continuing a session', async () => {
      const kept = await openKept(this.#needLibrary(), id);
      const data = requireSame(kept.started, this.#needModel(), this.#needData());
      const tests = await testsOfSession(this.#options.library, kept.started, this.#tests);
      const from = { checkpoint: kept.checkpoint, cause: 'reopened' } as const;
      await this.#runSession({
        recipe: kept.started.recipe,
        data,
        tests,
        options: { ...options, session: id },
        from,
      });
    });
  }

  /** Takes a session file into the library. */
  importSession(file: FileSource): Promise<ImportedSession> {
    return importSession(this.#needLibrary(), file);
  }

  /** Scores the front of a kept session again, with the adapters that it holds. */
  verifySession(id: string, onProgress: (done: number, total: number) => void): Promise<ScoredGenome[]> {
    return this.#controlled('verifying a session', async (control) => {
      const kept = await openKept(this.#needLibrary(), id);
      const model = this.#needModel();
      const data = requireSame(kept.started, model, this.#needData());
      // Its adapters take the place of the last run's.
      this.#forgetRun();
      return verifySaved({ ...kept, model, data, control, onProgress });
    });
  }

  /** Scores sub-networks of the finished run. */
  scoreGenomes(
    genomes: readonly (readonly number[])[],
    onProgress: (done: number, total: number) => void,
  ): Promise<ScoredGenome[]> {
    return this.#controlled('scoring sub-networks', (control) => {
      const { run, trained } = this.#needFinished();
      return scoreAgain({ ...run, control }, trained, genomes, onProgress);
    });
  }

  pause(): void {
    this.#control?.pause();
  }

  resume(): void {
    this.#control?.resume();
  }

  stop(): void {
    this.#control?.stop();
  }

  choose(genome: readonly number[]): Promise<void> {
    return this.#controlled('measuring a sub-network', async (control) => {
      const finished = this.#needFinished();
      const run = { ...finished.run, control };
      this.#finished = await chooseAnother({ ...finished, run }, genome);
      await this.#session?.keeper?.flush();
    });
  }

  /** Greedy answer; `onText` is given all of it so far. */
  generate(which: 'original' | 'chosen', prompt: string, maxTokens: number, onText: (text: string) => void) {
    return this.#onDevice('answering', async () => {
      this.#cancelled = false;
      const model = this.#needModel();
      const { tokenizer } = model;
      if (!tokenizer)
        throw new PareError(
          'tokenizer-missing',
          'The model has no tokenizer.json.',
          'Add it to the folder and open it again.',
        );
      const runnable = which === 'original' ? originalModel(model) : this.#needFinished().chosen;
      return answer(runnable, tokenizer, prompt, maxTokens, onText, () => this.#cancelled);
    });
  }

  cancelGeneration(): void {
    this.#cancelled = true;
  }

  /**
   * One zip, after its files have been read back and compared with the model as trained; the proof is an event of the
   * run. Weights are read as it is saved, so nothing else may use the studio until the stream has ended.
   */
  async exportModel(): Promise<{ name: string; stream: ReadableStream<Uint8Array>; notes: string[] }> {
    const { name, files, notes } = await this.#onDevice('proving the export', async () => {
      const proven = await provenExport(this.#needFinished(), this.#rows);
      await this.#session?.keeper?.flush();
      return proven;
    });
    this.#requireIdle();
    const { stream } = zipStream(files.map((file) => ({ ...file, name: `${name}/${file.name}` })));
    this.#busy = 'exporting';
    return { name: `${name}.zip`, stream: whenOver(stream, () => (this.#busy = null)), notes };
  }

  /** Runs, keeps what happens, and leaves the finished run at hand. */
  async #runSession({
    from = null,
    ...session
  }: Omit<Session, 'keeper' | 'checkpoint'> & {
    from?: { checkpoint: Checkpoint; cause: RecoveryCause } | null;
  }): Promise<void> {
    const { recipe, data, tests, options } = session;
    const model = this.#needModel();
    const { checkpointInterval } = this.#options;
    const keeper = this.#keeperOf(options, from?.checkpoint ?? null);
    const control = (this.#control = new RunControl());
    const kept: Session = { ...session, keeper, checkpoint: from?.checkpoint ?? null };
    const onEvent = (event: SessionEvent): void => {
      if (event.type === 'started') this.#rows = [];
      if (event.type === 'result')
        this.#rows = [...this.#rows.filter(({ tag }) => tag !== event.row.tag), event.row];
      keeper?.hear(event);
      options.onEvent(event);
    };
    try {
      this.#finished = await runToEnd({
        recipe,
        model,
        data,
        tests,
        control,
        search: this.#options.search,
        from,
        onEvent,
        onStart: () => {
          this.#forgetRun();
          this.#session = kept;
          if (keeper) void this.#keepInputs(options);
        },
        onCheckpoint: (checkpoint) => {
          kept.checkpoint = checkpoint;
          keeper?.offer(checkpoint);
        },
        ...(checkpointInterval === undefined ? {} : { checkpointInterval }),
        ...(this.#options.reopen ? { reopen: (reason: string) => this.#reopen(reason) } : {}),
      });
    } finally {
      this.#control = null;
      await keeper?.flush();
    }
  }

  #keeperOf(
    { session, onTrouble = () => undefined }: RunOptions,
    from: Checkpoint | null,
  ): SessionKeeper | null {
    const { library, checkpointInterval: interval } = this.#options;
    if (!session || !library) return null;
    return new SessionKeeper({ save: libraryEntry(library, session), from, onTrouble, interval });
  }

  /** Copies of model and data, so that the session can be continued without dropping them again. */
  async #keepInputs({ onTrouble = () => undefined }: RunOptions): Promise<void> {
    const library = this.#needLibrary();
    const inputs = [
      ['models', this.#needModel().info.sha256, this.#modelFiles],
      ...[this.#data!, ...this.#tests].map(
        ({ data, source }) => ['data', data.file.sha256, [source]] as const,
      ),
    ] as const;
    try {
      for (const [kind, sha256, files] of inputs) {
        if (await library.keep(kind, sha256, files)) continue;
        onTrouble({
          code: 'input-not-kept',
          message: `There is no room in the browser for a copy of ${files[0]?.path ?? 'the model'}.`,
          remedy: 'To continue this session another day, drop it again then.',
        });
      }
    } catch (error) {
      if (!(error instanceof PareError)) throw error;
      onTrouble({ code: error.code, message: error.message, remedy: error.remedy });
    }
  }

  #watch(backend: Backend): void {
    void backend.lost.then((reason) => {
      if (this.#backend === backend) this.#lost = reason;
    });
  }

  /** The open model on a new device. */
  async #reopen(reason: string): Promise<LoadedModel> {
    const { reopen } = this.#options;
    if (!reopen) throw new DeviceLost(reason);
    const backend = await reopen();
    const model = await loadModel(backend, this.#modelFiles);
    this.#backend.dispose();
    this.#backend = backend;
    this.#model = model;
    this.#lost = null;
    this.#watch(backend);
    return model;
  }

  /** After a loss: a new device with the model and, from its last checkpoint, the finished run on it. */
  async #putBack(): Promise<void> {
    if (this.#lost === null) return;
    const session = this.#finished ? this.#session : null;
    this.#finished = null;
    const { reopen } = this.#options;
    if (!this.#model && reopen) {
      this.#backend = await reopen();
      this.#lost = null;
      this.#watch(this.#backend);
    } else await this.#reopen(this.#lost);
    const { checkpoint } = session ?? {};
    if (session && checkpoint)
      await this.#runSession({ ...session, from: { checkpoint, cause: 'device-lost' } });
  }

  #forgetRun(): void {
    this.#finished?.chosen.store.dispose();
    this.#finished = null;
    this.#session = null;
    this.#rows = [];
  }

  /** Work that can be paused and stopped. */
  #controlled<T>(what: string, work: (control: RunControl) => Promise<T>): Promise<T> {
    return this.#onDevice(what, async () => {
      this.#control = new RunControl();
      try {
        return await work(this.#control);
      } finally {
        this.#control = null;
      }
    });
  }

  /** Work that is begun again, once, where it loses its device. */
  #onDevice<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#exclusively(what, async () => {
      try {
        return await unlessLost({ backend: this.#backend }, work());
      } catch (error) {
        if (!(error instanceof DeviceLost) || !this.#options.reopen) throw error;
        this.#lost ??= error.message;
        await this.#putBack();
        return unlessLost({ backend: this.#backend }, work());
      }
    });
  }

  #requireIdle(): void {
    if (this.#busy)
      throw new PareError('busy', `The studio is ${this.#busy}.`, 'Wait until that is done, or stop it.');
  }

  async #exclusively<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#requireIdle();
    this.#busy = what;
    try {
      await this.#putBack();
      return await work();
    } finally {
      this.#busy = null;
    }
  }

  #needModel(): LoadedModel {
    if (this.#model) return this.#model;
    throw new PareError('no-model', 'No model is open.', 'Drop a model folder, or use the demo model.');
  }

  #needData(): LoadedData {
    if (this.#data) return this.#data.data;
    throw new PareError('no-data', 'No data is open.', 'Drop a data file, or use the demo data.');
  }

  #needLibrary(): SessionLibrary {
    if (this.#options.library) return this.#options.library;
    throw new PareError('no-library', 'Sessions are kept nowhere here.', 'Save them as files.');
  }

  #needFinished(): FinishedRun {
    if (this.#finished) return this.#finished;
    throw new PareError(
      'no-run',
      'There is no finished run in this studio.',
      'Run a recipe to its end first.',
    );
  }
}

type Tokenizer = NonNullable<LoadedModel['tokenizer']>;

async function answer(
  model: Runnable,
  tokenizer: Tokenizer,
  prompt: string,
  maxTokens: number,
  onText: (text: string) => void,
  cancelled: () => boolean,
) {
  const ids = tokenizer.encode(prompt);
  const room = model.config.maxPositions - ids.length;
  if (ids.length === 0 || room <= 0)
    throw new PareError(
      'prompt-length',
      `The prompt has ${ids.length} tokens; the model takes 1 to ${model.config.maxPositions - 1}.`,
      'Change the prompt.',
    );
  const began = performance.now();
  const generator = await Generator.create(model, ids.length + Math.min(room, maxTokens));
  try {
    const made: number[] = [];
    for await (const token of generator.generate(ids, Math.min(room, maxTokens), tokenizer.endIds)) {
      made.push(token);
      onText(tokenizer.decode(made));
      if (cancelled()) break;
    }
    return { text: tokenizer.decode(made), tokens: made.length, seconds: (performance.now() - began) / 1000 };
  } finally {
    generator.dispose();
  }
}

/** The same stream; `over` is called once, when it has ended, failed, or was cancelled. */
function whenOver(stream: ReadableStream<Uint8Array>, over: () => void): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (value) controller.enqueue(value);
        if (!done) return;
        over();
        controller.close();
      } catch (error) {
        over();
        controller.error(error);
      }
    },
    async cancel(reason) {
      over();
      await reader.cancel(reason);
    },
  });
}
