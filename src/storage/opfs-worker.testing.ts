/** A worker that writes, for the tests of what the page then sees. */
import { opfsFolder } from './opfs-folder.ts';
import { createLibrary } from './session-library.ts';
import { aboutFor, bytesOf } from './storage.testing.ts';

export type WorkerTask =
  | { kind: 'write'; place: string; path: string; text: string }
  /** Starts a file, says so, and never ends it. */
  | { kind: 'hang'; place: string; path: string }
  | { kind: 'save'; place: string; id: string; times: number };

addEventListener('message', ({ data }: MessageEvent<WorkerTask>) => void work(data));

async function work(task: WorkerTask): Promise<void> {
  const root = await (
    await navigator.storage.getDirectory()
  ).getDirectoryHandle(task.place, { create: true });
  const folder = opfsFolder(root);
  if (task.kind === 'write') await folder.write(task.path, bytesOf(task.text));
  if (task.kind === 'hang') await folder.write(task.path, endless());
  if (task.kind === 'save') {
    const library = createLibrary({ folder });
    for (let time = 1; time <= task.times; time++) {
      await library.save(aboutFor(task.id, { evaluations: time }), bytesOf('x'.repeat(time)));
    }
  }
  postMessage('done');
}

function endless(): ReadableStream<Uint8Array> {
  let pulls = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (pulls++ < 3) return controller.enqueue(new Uint8Array(100_000));
        postMessage('half');
        return new Promise(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
