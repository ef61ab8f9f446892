import { help, type ThreadStart } from './module.ts';

/** A helping thread: it never answers, and is ended from outside. */
addEventListener('message', ({ data }: MessageEvent<ThreadStart>) => void help(data));
