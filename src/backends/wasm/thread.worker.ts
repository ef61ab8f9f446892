import { instantiate } from './module.ts';
import type { ThreadStart } from './pool.ts';

/** A helping thread: it never answers, and is ended from outside. */
addEventListener('message', ({ data }: MessageEvent<ThreadStart>) => {
  void instantiate(data.module, data.memory).then(({ serve }) => serve(data.board));
});
