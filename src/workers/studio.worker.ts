import { expose, transfer } from 'comlink';
import { DeviceOpener } from '../backends/open-device.ts';
import { pageThreads, startPageThread } from '../backends/wasm/page-threads.ts';
import { browserGpu, openDevice } from '../backends/webgpu/device.ts';
import { WebGpuBackend } from '../backends/webgpu/webgpu.ts';
import { fetchSource } from '../formats/fetch-source.ts';
import { blobSource, type FileSource } from '../formats/source.ts';
import { openDownloaded } from '../hub/open-downloaded.ts';
import { PareError } from '../lib/assert.ts';
import { searchHere } from '../recipes/engine.ts';
import type { SearchDriver } from '../recipes/run-context.ts';
import { Studio } from '../recipes/studio.ts';
import { openStorage } from '../storage/open-storage.ts';
import type { Folder } from '../storage/folder.ts';
import type { SessionLibrary } from '../storage/library.ts';
import { createLibrary } from '../storage/session-library.ts';
import { throwingPlainErrors } from './errors.ts';
import { batchEvents } from './event-batches.ts';
import { remoteSearch } from './search.client.ts';
import type { DroppedFile, HubFiles, StoredFiles, StudioApi } from './studio.protocol.ts';

const demoModel = [
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
];

let studio: Studio | null = null;
let library: SessionLibrary | null = null;
let folder: Folder | null = null;
let demoFolder = '';
let search: SearchDriver = searchHere;
/** Of the latest run, which goes on when another of its points is chosen. */
let events: ReturnType<typeof batchEvents> | null = null;

const asSource = ({ path, file }: DroppedFile): FileSource => blobSource(path, file);

const api: StudioApi = {
  async start(base, wish) {
    demoFolder = new URL('demo/', base).href;
    const opener = new DeviceOpener(machine, wish);
    const { backend, notice } = await opener.open();
    const storage = await openStorage();
    folder = storage.folder;
    library = createLibrary(storage);
    studio = new Studio({
      backend,
      reopen: async () => (await opener.open()).backend,
      others: (than) => opener.beside(than),
      search: (request, host) => search(request, host),
      library,
    });
    return { ...studio.device, notice };
  },
  device: () => Promise.resolve(need().device),
  async openModel(files) {
    if (files !== 'demo' && 'hub' in files) return need().openModel(await downloaded(files));
    if (files !== 'demo' && 'stored' in files) return need().openModel(await stored('models', files));
    if (files !== 'demo') return need().openModel(files.map(asSource));
    return need().openModel(
      await Promise.all(demoModel.map((name) => fetchSource(`${demoFolder}model/${name}`, `demo/${name}`))),
    );
  },
  async openData(file, columns) {
    return need().openData(await dataSource(file), columns);
  },
  addTest: (file, columns) => need().addTest(asSource(file), columns),
  removeTest: (sha256) => Promise.resolve(need().removeTest(sha256)),
  score: (how, onProgress) => need().score(how, (done, total) => onProgress(done, total)),
  measurePerformance: (onProgress) =>
    need().measurePerformance((done, total, what) => onProgress(done, total, what)),
  previewTokens: (recipe) => Promise.resolve(need().previewTokens(recipe)),
  estimate: (recipe) => Promise.resolve(need().estimate(recipe)),
  async run(recipe, onEvents, session, onTrouble, like = null) {
    const { push, flush } = (events = batchEvents(onEvents));
    try {
      const options = { onEvent: push, session: session ?? null, onTrouble: tell(onTrouble), like };
      await need().run(recipe, options);
    } finally {
      await flush();
    }
  },
  async continueSession(session, onEvents, onTrouble) {
    const { push, flush } = (events = batchEvents(onEvents));
    try {
      await need().continueSession(session, { onEvent: push, onTrouble: tell(onTrouble) });
    } finally {
      await flush();
    }
  },
  importSession: (file) => need().importSession(blobSource('session.pare', file)),
  async sessionFile(session) {
    const stream = await need().sessionFile(session);
    return stream && transfer({ name: 'session.pare', stream, notes: [] }, [stream]);
  },
  verifySession: (session, onProgress) => need().verifySession(session, (done, of) => onProgress(done, of)),
  scoreGenomes: (genomes, onProgress) => need().scoreGenomes(genomes, (done, of) => onProgress(done, of)),
  pause: () => Promise.resolve(need().pause()),
  resume: () => Promise.resolve(need().resume()),
  stop: () => Promise.resolve(need().stop()),
  async choose(genome) {
    try {
      await need().choose(genome);
    } finally {
      await events?.flush();
    }
  },
  generate: ({ which, prompt, maxTokens }, onText) =>
    need().generate(which, prompt, maxTokens, (text) => onText(text)),
  cancelGeneration: () => Promise.resolve(need().cancelGeneration()),
  exportFormats: () => need().exportFormats(),
  async exportModel(format) {
    try {
      const exported = await need().exportModel(format);
      return transfer(exported, [exported.stream]);
    } finally {
      await events?.flush();
    }
  },
  connectSearch(port) {
    search = remoteSearch(port);
    return Promise.resolve();
  },
};

const machine = {
  openGpu: async () => new WebGpuBackend(await openDevice(browserGpu())),
  cpu: { threads: pageThreads(), start: startPageThread },
};

type Tell = Parameters<StudioApi['run']>[3];

/** A function of the page's, for which nothing here waits. */
const tell =
  (onTrouble: Tell): NonNullable<Tell> =>
  (trouble) => {
    onTrouble?.(trouble);
  };

async function dataSource(file: DroppedFile | 'demo' | StoredFiles | HubFiles): Promise<FileSource> {
  if (file === 'demo') return fetchSource(`${demoFolder}data/problems.jsonl`, 'problems.jsonl');
  if ('hub' in file) return (await downloaded(file))[0]!;
  if ('stored' in file) return (await stored('data', file))[0]!;
  return asSource(file);
}

function downloaded({ hub }: HubFiles): Promise<FileSource[]> {
  if (folder) return openDownloaded(folder, hub);
  throw notStarted();
}

/** Files that an earlier session was made with; throws where there is no copy of them. */
async function stored(kind: 'models' | 'data', { stored: sha256 }: StoredFiles): Promise<FileSource[]> {
  const files = await needLibrary().kept(kind, sha256);
  if (files && files.length > 0) return files;
  throw new PareError(
    'not-stored',
    `This browser has no copy of the session’s ${kind === 'models' ? 'model' : 'data'}.`,
    'Drop it on the page, then continue.',
  );
}

function needLibrary(): SessionLibrary {
  if (library) return library;
  throw notStarted();
}

const notStarted = () =>
  new PareError('not-started', 'The engine has not started yet.', 'Wait a moment and try again.');

function need(): Studio {
  if (studio) return studio;
  throw notStarted();
}

expose(throwingPlainErrors(api));
