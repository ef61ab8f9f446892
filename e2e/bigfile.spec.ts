import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type CDPSession, type Page } from '@playwright/test';
import { expectedTensors } from '../src/formats/expected-tensors.ts';
import { ggmlBytes } from '../src/formats/ggml-types.ts';
import { ggufPlaces } from '../src/formats/gguf-names.ts';
import { ggufStream } from '../src/formats/gguf-write.ts';
import { safetensorsStream, type SizedStream } from '../src/formats/safetensors-write.ts';
import { modelMetadata } from '../src/exporters/gguf-metadata.ts';
import { llama } from '../src/models/architectures/llama.ts';
import { button, region } from './studio.ts';

/** Half of TinyLlama's blocks: 506 million parameters in F16, a gigabyte. All of them are 0: the file has holes. */
const json = {
  model_type: 'llama',
  hidden_size: 2048,
  intermediate_size: 5632,
  num_hidden_layers: 10,
  num_attention_heads: 32,
  num_key_value_heads: 4,
  vocab_size: 32_000,
  max_position_embeddings: 2048,
  tie_word_embeddings: true,
};
const config = llama.parse(json, 'config.json');
const limit = 300e6;

/** A minute and a half each on two cores without a GPU: not part of every check. */
test.describe('a model of a gigabyte', () => {
  test.skip(!process.env.PARE_BIGFILE, 'npm run bigfile');
  test.setTimeout(30 * 60_000);
  let folder: string;
  test.beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pare-big-'));
  });
  test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('GGUF: the page needs less than 300 MB of JavaScript memory to open it', async ({ page }) => {
    const path = join(folder, 'big.gguf');
    const tensors = [...ggufPlaces(config, 'llama').values()].map(({ name, shape }) => {
      const type = shape.length === 1 ? ('F32' as const) : ('F16' as const);
      return { name, type, shape, bytes: () => Promise.resolve(new Uint8Array(ggmlBytes(type, shape))) };
    });
    await sparse(path, ggufStream(modelMetadata('big', config), tensors));
    await expectSmall(page, 'GGUF', [path]);
  });

  test('safetensors: the same', async ({ page }) => {
    const [configPath, path] = [join(folder, 'config.json'), join(folder, 'model.safetensors')];
    const tensors = [...expectedTensors(config)].map(([name, { shape }]) => ({
      name,
      dtype: 'F16' as const,
      shape,
      bytes: () => Promise.resolve(new Uint8Array(2 * shape.reduce((a, b) => a * b, 1))),
    }));
    writeFileSync(configPath, JSON.stringify(json));
    await sparse(path, safetensorsStream(tensors));
    await expectSmall(page, 'safetensors', [configPath, path]);
  });
});

/** Writes the header, and leaves the rest to be zeros. */
async function sparse(path: string, { size, stream }: SizedStream): Promise<void> {
  const file = openSync(path, 'w');
  const reader = stream.getReader();
  writeSync(file, (await reader.read()).value!);
  await reader.cancel();
  ftruncateSync(file, size);
  closeSync(file);
}

async function expectSmall(page: Page, what: string, paths: string[]): Promise<void> {
  await page.goto('./');
  const heap = await HeapWatch.start(page);
  const chooser = page.waitForEvent('filechooser');
  await button(page, 'Files').click();
  await (await chooser).setFiles(paths);
  await expect(region(page, 'Model')).toContainText('506 M', { timeout: 25 * 60_000 });
  const { most, samples, workers } = await heap.stop();
  expect(workers).toBeGreaterThan(0);
  const summary = `${what}: at most ${(most / 1e6).toFixed(0)} MB of heap and array buffers, in ${samples} samples`;
  test.info().annotations.push({ type: 'memory', description: summary });
  process.stdout.write(`${summary}\n`);
  expect(samples).toBeGreaterThan(20);
  expect(most).toBeLessThan(limit);
}

interface Usage {
  usedSize: number;
  backingStorageSize?: number;
}

/** Asks the page and its workers for their heaps, again and again; between two tasks, that is. */
class HeapWatch {
  most = 0;
  samples = 0;
  #running = true;
  #done: Promise<void> = Promise.resolve();
  #last = 0;
  readonly #workers = new Map<string, number>();
  readonly #waiting = new Map<number, (usage: Usage | null) => void>();
  readonly #session: CDPSession;

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  static async start(page: Page): Promise<HeapWatch> {
    const session = await page.context().newCDPSession(page);
    const watch = new HeapWatch(session);
    session.on('Target.attachedToTarget', ({ sessionId }) => watch.#workers.set(sessionId, 0));
    session.on('Target.detachedFromTarget', ({ sessionId }) => watch.#workers.delete(sessionId));
    session.on('Target.receivedMessageFromTarget', ({ message }) => {
      const { id, result } = JSON.parse(message) as { id: number; result?: Usage };
      watch.#waiting.get(id)?.(result ?? null);
      watch.#waiting.delete(id);
    });
    await session.send('Target.setAutoAttach', {
      autoAttach: true,
      waitForDebuggerOnStart: false,
      flatten: false,
    });
    watch.#done = watch.#sample();
    return watch;
  }

  async stop(): Promise<{ most: number; samples: number; workers: number }> {
    this.#running = false;
    await this.#done;
    return { most: this.most, samples: this.samples, workers: this.#workers.size };
  }

  async #sample(): Promise<void> {
    while (this.#running) {
      const own = (await this.#session.send('Runtime.getHeapUsage')) as Usage;
      let sum = bytesOf(own);
      for (const worker of this.#workers.keys()) {
        const usage = await this.#ask(worker);
        this.#workers.set(worker, usage ? bytesOf(usage) : this.#workers.get(worker)!);
      }
      for (const bytes of this.#workers.values()) sum += bytes;
      this.most = Math.max(this.most, sum);
      this.samples++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** null where the worker is busy for a second; it answers between two tasks. */
  async #ask(sessionId: string): Promise<Usage | null> {
    const id = ++this.#last;
    const answer = new Promise<Usage | null>((resolve) => {
      this.#waiting.set(id, resolve);
      setTimeout(() => resolve(null), 1000);
    });
    const message = JSON.stringify({ id, method: 'Runtime.getHeapUsage' });
    await this.#session.send('Target.sendMessageToTarget', { sessionId, message });
    return answer;
  }
}

const bytesOf = ({ usedSize, backingStorageSize }: Usage) => usedSize + (backingStorageSize ?? 0);
