import { proxy, transfer, wrap } from 'comlink';
import type { Remote } from 'comlink';
import { PareError } from '../lib/assert.ts';
import { toPareError } from './errors.ts';
import type { SearchApi, StudioApi, StudioClient } from './studio.protocol.ts';
import { untilCrash } from './until-crash.ts';

/**
 * Starts the two workers and joins them by a channel of their own, so that scores never pass through the page.
 * `onCrash` hears of a worker that died or could not be loaded; calls that were under way reject with the same error.
 */
export function createStudioClient(onCrash: (error: PareError) => void): StudioClient {
  const [studioWorker, searchWorker] = startWorkers();
  const studio = wrap<StudioApi>(studioWorker);
  const search = wrap<SearchApi>(searchWorker);
  const crash = watchForCrash([studioWorker, searchWorker], onCrash);
  const connected = connect(studio, search);
  connected.catch(() => undefined);

  /** A dead worker never answers: whichever comes first, the answer or the crash. */
  async function call<T>(answer: Promise<T>): Promise<T> {
    try {
      return await Promise.race([answer, crash]);
    } catch (error) {
      throw toPareError(error);
    }
  }

  return {
    start: (wish) => call(studio.start(document.baseURI, wish)),
    device: () => call(studio.device()),
    openModel: (files) => call(studio.openModel(files)),
    openData: (file, columns) => call(studio.openData(file, columns)),
    addTest: (file, columns) => call(studio.addTest(file, columns)),
    removeTest: (sha256) => call(studio.removeTest(sha256)),
    score: (how, onProgress) => call(studio.score(how, proxy(onProgress))),
    measurePerformance: (onProgress) => call(studio.measurePerformance(proxy(onProgress))),
    previewTokens: (recipe) => call(studio.previewTokens(recipe)),
    estimate: (recipe) => call(studio.estimate(recipe)),
    run: async (recipe, onEvents, session = null, onTrouble = () => undefined, like = null) => {
      await call(connected);
      return call(studio.run(recipe, proxy(onEvents), session, proxy(onTrouble), like));
    },
    continueSession: async (session, onEvents, onTrouble = () => undefined) => {
      await call(connected);
      return call(studio.continueSession(session, proxy(onEvents), proxy(onTrouble)));
    },
    importSession: (file) => call(studio.importSession(file)),
    sessionFile: async (session) => {
      const file = await call(studio.sessionFile(session));
      return file && { ...file, stream: untilCrash(file.stream, crash) };
    },
    verifySession: (session, onProgress) => call(studio.verifySession(session, proxy(onProgress))),
    scoreGenomes: (genomes, onProgress) => call(studio.scoreGenomes(genomes, proxy(onProgress))),
    pause: () => call(studio.pause()),
    resume: () => call(studio.resume()),
    stop: () => call(studio.stop()),
    choose: (genome) => call(studio.choose(genome)),
    generate: (request, onText) => call(studio.generate(request, proxy(onText))),
    cancelGeneration: () => call(studio.cancelGeneration()),
    exportFormats: () => call(studio.exportFormats()),
    exportModel: async (format) => {
      const exported = await call(studio.exportModel(format));
      return { ...exported, stream: untilCrash(exported.stream, crash) };
    },
    dispose: () => {
      studioWorker.terminate();
      searchWorker.terminate();
    },
  };
}

function startWorkers(): [studio: Worker, search: Worker] {
  return [
    new Worker(new URL('./studio.worker.ts', import.meta.url), { type: 'module', name: 'studio' }),
    new Worker(new URL('./search.worker.ts', import.meta.url), { type: 'module', name: 'search' }),
  ];
}

async function connect(studio: Remote<StudioApi>, search: Remote<SearchApi>): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await Promise.all([
    studio.connectSearch(transfer(port1, [port1])),
    search.connect(transfer(port2, [port2])),
  ]);
}

/** Rejects when a worker fails outside of any call; never resolves. */
function watchForCrash(workers: Worker[], onCrash: (error: PareError) => void): Promise<never> {
  const crash = new Promise<never>((_, reject) => {
    for (const worker of workers) {
      worker.addEventListener('error', (event) => {
        const error = new PareError(
          'worker-crashed',
          `The engine stopped unexpectedly${event.message ? `: ${event.message}` : '.'}`,
          'Reload the page, then open the model and the data again. A shared link or a saved session is not lost.',
        );
        reject(error);
        onCrash(error);
      });
    }
  });
  crash.catch(() => undefined);
  return crash;
}
