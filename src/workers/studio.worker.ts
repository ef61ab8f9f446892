import { expose, transfer } from 'comlink';
import { CpuBackend } from '../backends/cpu/cpu.ts';
import { browserGpu, openDevice } from '../backends/webgpu/device.ts';
import { WebGpuBackend } from '../backends/webgpu/webgpu.ts';
import { fetchSource } from '../formats/fetch-source.ts';
import { blobSource, type FileSource } from '../formats/source.ts';
import { PareError } from '../lib/assert.ts';
import { searchHere } from '../recipes/engine.ts';
import type { SearchDriver } from '../recipes/run-context.ts';
import { Studio } from '../recipes/studio.ts';
import { throwingPlainErrors } from './errors.ts';
import { batchEvents } from './event-batches.ts';
import { remoteSearch } from './search.client.ts';
import type { DroppedFile, StudioApi } from './studio.protocol.ts';

const demoModel = [
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'tokenizer.json',
  'tokenizer_config.json',
];

let studio: Studio | null = null;
let demoFolder = '';
let search: SearchDriver = searchHere;
/** Of the latest run, which goes on when another of its points is chosen. */
let events: ReturnType<typeof batchEvents> | null = null;

const asSource = ({ path, file }: DroppedFile): FileSource => blobSource(path, file);

const api: StudioApi = {
  async start(base) {
    demoFolder = new URL('demo/', base).href;
    const { backend, notice } = await openBackend();
    const started = new Studio(backend, (request, host) => search(request, host));
    void backend.lost.then((reason) => started.lose(reason));
    studio = started;
    return { backend: backend.facts.backend, adapter: backend.facts.adapter, notice };
  },
  async openModel(files) {
    if (typeof files === 'object' && 'stored' in files) throw notYet();
    if (files !== 'demo') return need().openModel(files.map(asSource));
    return need().openModel(
      await Promise.all(demoModel.map((name) => fetchSource(`${demoFolder}model/${name}`, `demo/${name}`))),
    );
  },
  async openData(file, columns) {
    if (typeof file === 'object' && 'stored' in file) throw notYet();
    const source =
      file === 'demo'
        ? await fetchSource(`${demoFolder}data/problems.jsonl`, 'problems.jsonl')
        : asSource(file);
    return need().openData(source, columns);
  },
  addTest: (file, columns) => need().addTest(asSource(file), columns),
  removeTest: (sha256) => Promise.resolve(need().removeTest(sha256)),
  score: (task, onProgress) => need().score(task, (done, total) => onProgress(done, total)),
  estimate: (recipe) => Promise.resolve(need().estimate(recipe)),
  async run(recipe, onEvents) {
    const { push, flush } = (events = batchEvents(onEvents));
    try {
      await need().run(recipe, push);
    } finally {
      await flush();
    }
  },
  continueSession: () => Promise.reject(notYet()),
  importSession: () => Promise.reject(notYet()),
  sessionFile: () => Promise.reject(notYet()),
  verifySession: () => Promise.reject(notYet()),
  scoreGenomes: () => Promise.reject(notYet()),
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
  async exportModel() {
    try {
      const exported = await need().exportModel();
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

/** The GPU where there is one; else the CPU, and the reason. */
async function openBackend() {
  try {
    return { backend: new WebGpuBackend(await openDevice(browserGpu())), notice: null };
  } catch (error) {
    const notice = error instanceof PareError ? `${error.message} ${error.remedy}` : String(error);
    return { backend: new CpuBackend(), notice };
  }
}

const notYet = () => new PareError('not-yet', 'Sessions are not kept yet.', 'Wait for the next commit.');

function need(): Studio {
  if (studio) return studio;
  throw new PareError('not-started', 'The engine has not started yet.', 'Wait a moment and try again.');
}

expose(throwingPlainErrors(api));
