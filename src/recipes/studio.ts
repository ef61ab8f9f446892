import type { Backend } from '../backends/backend.ts';
import type { ColumnChoice, Reading } from '../datasets/columns.ts';
import { openData } from '../datasets/parse.ts';
import type { ExportFormat } from '../exporters/exporter.ts';
import type { FileSource } from '../formats/source.ts';
import { unzipped, zipStream } from '../formats/zip.ts';
import { PareError } from '../lib/assert.ts';
import type { DeviceInfo } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import type { ScoredGenome } from '../session/reproduction.ts';
import { streamOf } from '../storage/content.ts';
import type { SessionLibrary } from '../storage/library.ts';
import { answer } from './answer.ts';
import { Bench } from './bench.ts';
import { RunControl } from './control.ts';
import { formatOffers, type FormatOffer } from './export.ts';
import { readData, type LoadedData } from './loaded-data.ts';
import { estimateMemory } from './estimate.ts';
import {
  importSession,
  openKept,
  requireSame,
  testsOfSession,
  type ImportedSession,
  type OpenedData,
} from './kept-session.ts';
import { LatestRun, type RunOptions } from './latest-run.ts';
import {
  measurePerformance,
  type PerformanceOptions,
  type PerformanceReport,
} from './performance/measure.ts';
import { provenExport } from './proof.ts';
import { originalModel } from './model.ts';
import { deviceInfoOf, DeviceLost, unlessLost } from './recovery.ts';
import { requireStart } from './requirements.ts';
import type { SearchDriver } from './run-context.ts';
import { scoreAgain } from './score-again.ts';
import { scoreData, type DataScore, type ScoreQuestion } from './score-data.ts';
import {
  dataSummary,
  modelSummary,
  type DataSummary,
  type MemoryEstimate,
  type ModelSummary,
} from './summaries.ts';
import { previewTokens, type TokenPreview } from './token-preview.ts';
import { verifySaved } from './verify.ts';
import { whenOver } from './when-over.ts';

export interface StudioOptions {
  /** A device, and another one after that was lost. */
  readonly backend: Backend;
  readonly reopen?: () => Promise<Backend>;
  readonly search: SearchDriver;
  /** Devices beside one, to be measured and let go. */
  readonly others?: (than: Backend) => Promise<Backend[]>;
  /** Where sessions are kept; absent: nowhere. */
  readonly library?: SessionLibrary;
  /** Milliseconds between checkpoints within training, and between writes of a kept session. */
  readonly checkpointInterval?: number;
}

type Renew = (lost: string) => Promise<void>;

/**
 * What the studio holds: a device, a model, data, and the last run. Every action either succeeds or leaves what was
 * loaded as it was. One at a time may use the device; the others are refused with the reason. A device that is lost is
 * replaced, and what was on it put back.
 */
export class Studio {
  readonly #options: StudioOptions;
  readonly #bench: Bench;
  #data: OpenedData | null = null;
  #tests: OpenedData[] = [];
  readonly #latest: LatestRun;
  #control: RunControl | null = null;
  #busy: string | null = null;
  #cancelled = false;

  constructor(options: StudioOptions) {
    this.#options = options;
    this.#bench = new Bench(options.backend, options.reopen);
    this.#latest = new LatestRun(this.#bench, options);
  }

  get device(): DeviceInfo {
    return deviceInfoOf(this.#bench);
  }

  openModel(given: readonly FileSource[]): Promise<ModelSummary> {
    // Neither the model nor the run that were on a lost device are wanted back.
    const renew = async (lost: string): Promise<void> => {
      this.#latest.forget();
      await this.#bench.renewBare(lost);
    };
    const open = async () =>
      modelSummary(await this.#bench.open(await unzipped(given), () => this.#latest.forget()));
    return this.#onDevice('opening a model', open, renew);
  }

  /** `reading`: as a session's log has it. */
  async openData(source: FileSource, columns?: ColumnChoice & { reading?: Reading }): Promise<DataSummary> {
    const data = readData(await openData(source), columns, columns?.reading);
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
    requireStart(this.#bench.needModel(), recipe);
    return estimateMemory(this.#bench.needModel(), this.#needData(), recipe);
  }

  /** The first examples as the recipe makes the open model see them. */
  previewTokens(recipe: Recipe): TokenPreview[] {
    return previewTokens(this.#needData(), this.#bench.needModel(), recipe);
  }

  /** The open model, as it is, on all of the open data. `stop` ends it. */
  score(how: ScoreQuestion, onProgress: (done: number, total: number) => void): Promise<DataScore> {
    return this.#controlled('scoring', ({ checkpoint }) =>
      scoreData(this.#bench.needModel(), this.#needData(), { ...how, onProgress, pause: checkpoint }),
    );
  }

  /** What this device makes of the open model's shape, and others beside it. `stop` ends it. */
  measurePerformance(onProgress: PerformanceOptions['onProgress']): Promise<PerformanceReport> {
    return this.#controlled('measuring the device', async ({ checkpoint }) => {
      const model = this.#bench.needModel();
      const { backend } = this.#bench;
      const others = (await this.#options.others?.(backend)) ?? [];
      try {
        const backends = [backend, ...others];
        return await measurePerformance(model, backends, { onProgress, pause: checkpoint });
      } finally {
        for (const other of others) other.dispose();
      }
    });
  }

  run(recipe: Recipe, options: RunOptions): Promise<void> {
    return this.#exclusively('running a recipe', () =>
      this.#withControl((control) =>
        this.#latest.run(
          {
            recipe,
            data: this.#needData(),
            tests: this.#tests.map(({ data }) => data),
            opened: this.#opened(),
            options,
          },
          control,
        ),
      ),
    );
  }

  /**
   * Goes on with a kept session: an unfinished run from its last checkpoint; a finished one without doing anything anew,
   * so that its super-network is at hand again.
   */
  continueSession(id: string, options: RunOptions): Promise<void> {
    return this.#exclusively('continuing a session', async () => {
      const kept = await openKept(this.#needLibrary(), id);
      const request = {
        recipe: kept.started.recipe,
        data: requireSame(kept.started, this.#bench.needModel(), this.#needData()),
        tests: await testsOfSession(this.#options.library, kept.started, this.#tests),
        opened: this.#opened(),
        options: { ...options, session: id },
      };
      const from = { checkpoint: kept.checkpoint, cause: 'reopened' } as const;
      await this.#withControl((control) => this.#latest.run(request, control, from));
    });
  }

  /** Takes a session file into the library. */
  importSession(file: FileSource): Promise<ImportedSession> {
    return importSession(this.#needLibrary(), file);
  }

  /** The session file of an entry, or of a run that could not be kept; null where there is neither. */
  async sessionFile(id: string): Promise<ReadableStream<Uint8Array> | null> {
    const file = await this.#needLibrary().file(id);
    return this.#latest.unwritten(id) ?? (file && streamOf(file));
  }

  /** Scores the front of a kept session again, with the adapters that it holds. */
  verifySession(id: string, onProgress: (done: number, total: number) => void): Promise<ScoredGenome[]> {
    return this.#controlled('verifying a session', async (control) => {
      const kept = await openKept(this.#needLibrary(), id);
      const model = this.#bench.needModel();
      const data = requireSame(kept.started, model, this.#needData());
      // Its adapters take the place of the last run's.
      this.#latest.forget();
      return verifySaved({ ...kept, model, data, control, onProgress });
    });
  }

  /** Scores sub-networks of the finished run. */
  scoreGenomes(
    genomes: readonly (readonly number[])[],
    onProgress: (done: number, total: number) => void,
  ): Promise<ScoredGenome[]> {
    return this.#controlled('scoring sub-networks', (control) => {
      const { run, trained } = this.#latest.needFinished();
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
    return this.#controlled('measuring a sub-network', (control) => this.#latest.choose(genome, control));
  }

  /** Greedy answer; `onText` is given all of it so far. */
  generate(which: 'original' | 'chosen', prompt: string, maxTokens: number, onText: (text: string) => void) {
    return this.#onDevice('answering', async () => {
      this.#cancelled = false;
      const model = this.#bench.needModel();
      const { tokenizer } = model;
      if (!tokenizer)
        throw new PareError(
          'tokenizer-missing',
          'The model has no tokenizer.json.',
          'Add it to the folder and open it again.',
        );
      const runnable = which === 'original' ? originalModel(model) : this.#latest.needFinished().chosen;
      return answer(runnable, tokenizer, prompt, maxTokens, onText, () => this.#cancelled);
    });
  }

  cancelGeneration(): void {
    this.#cancelled = true;
  }

  /** In which formats the chosen model can be saved. Only reads, so nothing else has to wait for it. */
  async exportFormats(): Promise<FormatOffer[]> {
    return formatOffers(this.#latest.needFinished());
  }

  /**
   * One zip, after its files have been read back and compared with the model as trained; the proof is an event of the
   * run. Weights are read as it is saved, so nothing else may use the studio until the stream has ended.
   */
  async exportModel(
    format?: ExportFormat,
  ): Promise<{ name: string; stream: ReadableStream<Uint8Array>; notes: string[] }> {
    const { name, files, notes } = await this.#onDevice('proving the export', async () => {
      const proven = await provenExport(this.#latest.needFinished(), this.#latest.rows, format);
      await this.#latest.save();
      return proven;
    });
    this.#requireIdle();
    const { stream } = zipStream(files.map((file) => ({ ...file, name: `${name}/${file.name}` })));
    this.#busy = 'exporting';
    return { name: `${name}.zip`, stream: whenOver(stream, () => (this.#busy = null)), notes };
  }

  /** Work on the device that can be paused and stopped. */
  #controlled<T>(what: string, work: (control: RunControl) => Promise<T>): Promise<T> {
    return this.#onDevice(what, () => this.#withControl(work));
  }

  async #withControl<T>(work: (control: RunControl) => Promise<T>): Promise<T> {
    const control = (this.#control = new RunControl());
    try {
      return await work(control);
    } finally {
      if (this.#control === control) this.#control = null;
    }
  }

  /** Work that is begun again, once, where it loses its device; `renew` takes another one. */
  #onDevice<T>(
    what: string,
    work: () => Promise<T>,
    renew: Renew = (lost) => this.#latest.putBack(lost),
  ): Promise<T> {
    const attempt = async () => {
      try {
        return await unlessLost(this.#bench, work());
      } catch (error) {
        if (!(error instanceof DeviceLost) || !this.#bench.canRenew) throw error;
        await renew(error.message);
        return unlessLost(this.#bench, work());
      }
    };
    return this.#exclusively(what, attempt, renew);
  }

  #requireIdle(): void {
    if (this.#busy)
      throw new PareError('busy', `The studio is ${this.#busy}.`, 'Wait until that is done, or stop it.');
  }

  async #exclusively<T>(
    what: string,
    work: () => Promise<T>,
    renew: Renew = (lost) => this.#latest.putBack(lost),
  ): Promise<T> {
    this.#requireIdle();
    this.#busy = what;
    try {
      if (this.#bench.lost !== null) await renew(this.#bench.lost);
      return await work();
    } finally {
      this.#busy = null;
    }
  }

  #opened(): OpenedData[] {
    return this.#data ? [this.#data, ...this.#tests] : this.#tests;
  }

  #needData(): LoadedData {
    if (this.#data) return this.#data.data;
    throw new PareError('no-data', 'No data is open.', 'Drop a data file, or use the demo data.');
  }

  #needLibrary(): SessionLibrary {
    if (this.#options.library) return this.#options.library;
    throw new PareError('no-library', 'Sessions are kept nowhere here.', 'Save them as files.');
  }
}
