import type { Backend } from '../backends/backend.ts';
import type { ColumnChoice } from '../datasets/columns.ts';
import { openData } from '../datasets/parse.ts';
import { Generator } from '../evaluation/generate.ts';
import type { FileSource } from '../formats/source.ts';
import { unzipped, zipStream } from '../formats/zip.ts';
import { PareError } from '../lib/assert.ts';
import type { Runnable } from '../models/runnable.ts';
import type { ResultRow, SessionEvent } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';
import { RunControl } from './control.ts';
import { readData, type LoadedData } from './loaded-data.ts';
import { runToEnd } from './engine.ts';
import { estimateMemory } from './estimate.ts';
import { provenExport } from './proof.ts';
import { loadModel, originalModel, type LoadedModel } from './model.ts';
import { requireStart } from './requirements.ts';
import type { SearchDriver } from './run-context.ts';
import { scoreData, type DataScore } from './score-data.ts';
import { chooseAnother, type FinishedRun } from './run.ts';
import {
  dataSummary,
  modelSummary,
  type DataSummary,
  type MemoryEstimate,
  type ModelSummary,
} from './summaries.ts';

/**
 * What the studio holds: a device, a model, data, and the last run. Every action either succeeds or leaves what was
 * loaded as it was. One at a time may use the device; the others are refused with the reason.
 */
export class Studio {
  readonly #backend: Backend;
  readonly #search: SearchDriver;
  #model: LoadedModel | null = null;
  #data: LoadedData | null = null;
  #tests: LoadedData[] = [];
  #finished: FinishedRun | null = null;
  #rows: ResultRow[] = [];
  #control: RunControl | null = null;
  #busy: string | null = null;
  #lost: string | null = null;
  #cancelled = false;

  constructor(backend: Backend, search: SearchDriver) {
    this.#backend = backend;
    this.#search = search;
  }

  openModel(files: readonly FileSource[]): Promise<ModelSummary> {
    return this.#exclusively('opening a model', async () => {
      const model = await loadModel(this.#backend, await unzipped(files));
      this.#forgetRun();
      this.#model?.store.dispose();
      this.#model = model;
      return modelSummary(model);
    });
  }

  async openData(file: FileSource, columns?: ColumnChoice): Promise<DataSummary> {
    const data = readData(await openData(file), columns);
    this.#data = data;
    return dataSummary(data);
  }

  /** Adds a data set that runs are only tested on; one that is there already is read anew. */
  async addTest(file: FileSource, columns?: ColumnChoice): Promise<DataSummary> {
    const data = readData(await openData(file), columns);
    this.removeTest(data.file.sha256);
    this.#tests = [...this.#tests, data];
    return dataSummary(data);
  }

  removeTest(sha256: string): void {
    this.#tests = this.#tests.filter(({ file }) => file.sha256 !== sha256);
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

  run(recipe: Recipe, onEvent: (event: SessionEvent) => void): Promise<void> {
    return this.#controlled('running a recipe', async (control) => {
      const options = {
        recipe,
        model: this.#needModel(),
        data: this.#needData(),
        tests: this.#tests,
        control,
        search: this.#search,
      };
      this.#finished = await runToEnd({
        ...options,
        onStart: () => this.#forgetRun(),
        onEvent: this.#listen(onEvent),
      });
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
    });
  }

  /** Greedy answer; `onText` is given all of it so far. */
  generate(which: 'original' | 'chosen', prompt: string, maxTokens: number, onText: (text: string) => void) {
    return this.#exclusively('answering', async () => {
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
    const { name, files, notes } = await this.#exclusively('proving the export', async () =>
      provenExport(this.#needFinished(), this.#rows),
    );
    this.#requireIdle();
    const { stream } = zipStream(files.map((file) => ({ ...file, name: `${name}/${file.name}` })));
    this.#busy = 'exporting';
    return { name: `${name}.zip`, stream: whenOver(stream, () => (this.#busy = null)), notes };
  }

  /** The device is gone: everything on it with it. */
  lose(reason: string): void {
    this.#lost = reason;
    this.stop();
  }

  /** Keeps the rows of the results table, which an export's model card shows. */
  #listen(onEvent: (event: SessionEvent) => void) {
    return (event: SessionEvent) => {
      if (event.type === 'result')
        this.#rows = [...this.#rows.filter(({ tag }) => tag !== event.row.tag), event.row];
      onEvent(event);
    };
  }

  #forgetRun(): void {
    this.#finished?.chosen.store.dispose();
    this.#finished = null;
    this.#rows = [];
  }

  /** Work that can be paused and stopped. */
  #controlled<T>(what: string, work: (control: RunControl) => Promise<T>): Promise<T> {
    return this.#exclusively(what, async () => {
      this.#control = new RunControl();
      try {
        return await work(this.#control);
      } finally {
        this.#control = null;
      }
    });
  }

  #requireIdle(): void {
    if (this.#lost !== null) {
      throw new PareError(
        'device-lost',
        `The graphics device was lost: ${this.#lost}`,
        'Reload the page and open the model again. The session log is kept: save it or copy its link first.',
      );
    }
    if (this.#busy)
      throw new PareError('busy', `The studio is ${this.#busy}.`, 'Wait until that is done, or stop it.');
  }

  async #exclusively<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#requireIdle();
    this.#busy = what;
    try {
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
    if (this.#data) return this.#data;
    throw new PareError('no-data', 'No data is open.', 'Drop a data file, or use the demo data.');
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
