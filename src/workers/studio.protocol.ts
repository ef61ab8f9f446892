import type { DeviceWish } from '../backends/wish.ts';
import type { ExportFormat } from '../exporters/exporter.ts';
import type { FormatOffer } from '../recipes/export.ts';
import type { PerformanceReport } from '../recipes/performance/measure.ts';
import type { DataScore, ScoreQuestion } from '../recipes/score-data.ts';
import type { DataSummary, MemoryEstimate, ModelSummary } from '../recipes/summaries.ts';
import type { TokenPreview } from '../recipes/token-preview.ts';
import type { ScoredGenome } from '../session/reproduction.ts';
import type { DeviceInfo, SessionEvent } from '../session/events.ts';
import type { Recipe } from '../session/recipe.ts';

/**
 * What the page may ask of the studio worker. Types only. Every method may reject with a plain
 * `{ code, message, remedy }` (see `workers/errors.ts`), which the client turns back into a `PareError`.
 */
export interface DroppedFile {
  /** Path inside what was dropped, or the bare name. */
  path: string;
  file: Blob;
}

export type { FormatOffer } from '../recipes/export.ts';
export type { DevicePerformance, PerformanceReport } from '../recipes/performance/measure.ts';
export type { DataScore, ScoreQuestion } from '../recipes/score-data.ts';
export type { TokenPreview } from '../recipes/token-preview.ts';
export type { DataSummary, MemoryEstimate, ModelSummary } from '../recipes/summaries.ts';

export interface GenerateRequest {
  prompt: string;
  which: 'original' | 'chosen';
  maxTokens: number;
}

export interface GeneratedText {
  text: string;
  tokens: number;
  seconds: number;
}

/** One file for the user to save; the stream is transferred. */
export interface ExportedFile {
  name: string;
  stream: ReadableStream<Uint8Array>;
  /** What the format cannot carry exactly, and the stated error of the merge. */
  notes: string[];
}

/** A session file that has been taken into the studio's storage. */
export interface ImportedSession {
  /** Of the library's entry. */
  id: string;
  log: SessionEvent[];
  /**
   * `none`: the log only. `run`: the run can go on. `finished`: it is over, and its super-network is there to choose
   * from, to verify and to export.
   */
  state: 'none' | 'run' | 'finished';
}

/** What the studio's storage holds, by SHA-256 as in the session's log. */
export interface StoredFiles {
  stored: string;
}

/** A download from the hub that is complete. */
export interface HubFiles {
  /** Its key among the downloads. */
  hub: string;
  /** `owner/name`, to be said. */
  name: string;
}

export interface StudioApi {
  /**
   * Takes the device that is wished for, or another one, and says why in `notice`. `base`: where the page's `demo/` is.
   */
  start(base: string, wish: DeviceWish): Promise<DeviceInfo & { notice: string | null }>;
  /** The device as it is now: a run that begins chooses its kernels. */
  device(): Promise<DeviceInfo>;
  openModel(files: DroppedFile[] | 'demo' | StoredFiles | HubFiles): Promise<ModelSummary>;
  openData(
    file: DroppedFile | 'demo' | StoredFiles | HubFiles,
    columns?: { prompt: string; answer: string; reading?: 'published' | 'pair' },
  ): Promise<DataSummary>;
  /** A data set that runs are only tested on; several can be open. `removeTest` takes one out, by its SHA-256. */
  addTest(file: DroppedFile, columns?: { prompt: string; answer: string }): Promise<DataSummary>;
  removeTest(sha256: string): Promise<void>;
  /** The open model, as it is, on all of the open data; `stop` ends it (it rejects with code `stopped`). */
  score(how: ScoreQuestion, onProgress: (done: number, total: number) => void): Promise<DataScore>;
  /**
   * What the device makes of the open model's shape, with the CPU beside it; the model is left alone. `stop` ends it (it
   * rejects with code `stopped`).
   */
  measurePerformance(
    onProgress: (done: number, total: number, what: string) => void,
  ): Promise<PerformanceReport>;
  /** The first examples of the open data, as the recipe makes the open model see them. */
  previewTokens(recipe: Recipe): Promise<TokenPreview[]>;
  /** Of the recipe on the model and the data that are open; before anything runs. */
  estimate(recipe: Recipe): Promise<MemoryEstimate>;
  /** Resolves when the run has finished, was stopped, or has failed (which is an event too). Events come at most ten times a second. */
  /**
   * `session`: the library's entry that the run is kept in, from its start and as it goes on; null: it is kept nowhere.
   * A run that goes on from a checkpoint (a lost device) sends its whole log again, `started` first. `like`: what a run that
   * is reproduced was on; its kernels are taken where this is the same adapter.
   */
  run(
    recipe: Recipe,
    onEvents: (events: SessionEvent[]) => void,
    session?: string | null,
    onTrouble?: (trouble: { code: string; message: string; remedy: string | null }) => void,
    like?: DeviceInfo | null,
  ): Promise<void>;
  /**
   * Goes on with a kept session on the open model and data, which must be those of its log: an unfinished run from its
   * last checkpoint, a finished one so that its super-network is at hand again. Sends its whole log first.
   */
  continueSession(
    session: string,
    onEvents: (events: SessionEvent[]) => void,
    onTrouble?: (trouble: { code: string; message: string; remedy: string | null }) => void,
  ): Promise<void>;
  /** Checks a dropped `.pare` and keeps it as a new entry of the library. */
  importSession(file: Blob): Promise<ImportedSession>;
  /** The session file of an entry; null where there is none. */
  sessionFile(session: string): Promise<ExportedFile | null>;
  /** Scores the front of a kept session again, with its own adapters, on the open model and data. */
  verifySession(session: string, onProgress: (done: number, total: number) => void): Promise<ScoredGenome[]>;
  /** Scores sub-networks of the latest run's super-network on its validation split; what the log knows is not scored again. */
  scoreGenomes(
    genomes: number[][],
    onProgress: (done: number, total: number) => void,
  ): Promise<ScoredGenome[]>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
  /** Makes a scored sub-network the chosen one: appends `chosen`, measures its row (`result` events), readies generation and export. */
  choose(genome: number[]): Promise<void>;
  /** `onText` is given all of the answer so far, each time that it has grown. */
  generate(request: GenerateRequest, onText: (text: string) => void): Promise<GeneratedText>;
  cancelGeneration(): Promise<void>;
  /** In which formats the chosen model can be saved, the one that its method ships as first. */
  exportFormats(): Promise<FormatOffer[]>;
  /** Proves the files and gives them as one zip; without a format, in the first of `exportFormats`. */
  exportModel(format?: ExportFormat): Promise<ExportedFile>;
  /** The search worker's end of the line; the client makes it before the first run. */
  connectSearch(port: MessagePort): Promise<void>;
}

/** What `search.worker` exposes to the page: only the way to the studio worker. */
export interface SearchApi {
  connect(port: MessagePort): Promise<void>;
}

/** What the page holds: the same, with failures as `PareError`s, and the life of both workers. */
export interface StudioClient extends Omit<StudioApi, 'connectSearch' | 'start'> {
  start(wish: DeviceWish): ReturnType<StudioApi['start']>;
  /** Ends both workers at once, with whatever they were doing. */
  dispose(): void;
}
