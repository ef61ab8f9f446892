import { expose } from 'comlink';
import { runSearch } from '../search/run.ts';
import { throwingPlainErrors } from './errors.ts';
import type { SearchJobApi } from './search.protocol.ts';
import type { SearchApi } from './studio.protocol.ts';

/** NSGA-II and its baselines, off the page and off the studio worker: it proposes, the studio worker scores. */
const job: SearchJobApi = {
  run: (request, evaluate, onGeneration) => runSearch(request, { evaluate, onGeneration }),
};

const api: SearchApi = {
  connect(port) {
    expose(throwingPlainErrors(job), port);
    return Promise.resolve();
  },
};

expose(throwingPlainErrors(api));
