import { PareError } from '../../lib/assert.ts';
import { guarded } from './scopes.ts';

/** Buffers up to so many bytes are kept for the next read. */
const mostKept = 2 ** 20;

/** Copies buffers to the host, through buffers that it uses again: reading in a loop makes none. */
export class Reader {
  readonly #device: GPUDevice;
  readonly #free: GPUBuffer[] = [];
  #isDisposed = false;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /**
   * A buffer's first `size` bytes, after all that was submitted before. Rejects where the device is lost (an
   * `AbortError`), has no room for the copy, or refuses it.
   */
  async read(source: GPUBuffer, size: number): Promise<ArrayBuffer> {
    const { made, fault } = guarded(this.#device, () => {
      const staging = this.#take(size);
      const encoder = this.#device.createCommandEncoder();
      encoder.copyBufferToBuffer(source, 0, staging, 0, size);
      this.#device.queue.submit([encoder.finish()]);
      return { staging, mapped: staging.mapAsync(0x01, 0, size) };
    });
    let isWhole = false;
    try {
      const failed = made.mapped.then(
        () => null,
        (error: unknown) => error,
      );
      // A copy that was refused leaves zeros, which can be read all the same.
      const [problem, failure] = await Promise.all([fault, failed]);
      if (problem) throw problem.kind === 'out-of-memory' ? noRoomToRead(size) : new Error(problem.message);
      if (failure) throw failure;
      const bytes = made.staging.getMappedRange(0, size).slice(0);
      made.staging.unmap();
      isWhole = true;
      return bytes;
    } finally {
      if (isWhole && !this.#isDisposed && made.staging.size <= mostKept) this.#free.push(made.staging);
      else made.staging.destroy();
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const buffer of this.#free.splice(0)) buffer.destroy();
  }

  /** A free one of about that size, else a new one. */
  #take(size: number): GPUBuffer {
    const rounded = 2 ** Math.ceil(Math.log2(Math.max(256, size)));
    const index = this.#free.findIndex((buffer) => buffer.size === rounded);
    if (index >= 0) return this.#free.splice(index, 1)[0]!;
    const exact = rounded > mostKept ? size : rounded;
    return this.#device.createBuffer({ label: 'read', size: exact, usage: 0x01 | 0x08 }); // MAP_READ | COPY_DST
  }
}

function noRoomToRead(size: number): PareError {
  return new PareError(
    'out-of-memory',
    `The device has no room to read ${Math.ceil(size / 2 ** 20)} MiB back.`,
    'Close other pages that use the GPU.',
    { size },
  );
}
