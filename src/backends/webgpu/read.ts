import { PareError } from '../../lib/assert.ts';
import { guarded } from './scopes.ts';

/**
 * Copies a buffer's first `size` bytes to the host, after all that was submitted before. Rejects where the device is lost
 * (an `AbortError`), has no room for the copy, or refuses it.
 */
export async function readBuffer(device: GPUDevice, source: GPUBuffer, size: number): Promise<ArrayBuffer> {
  const { made, fault } = guarded(device, () => {
    const staging = device.createBuffer({ size, usage: 0x01 | 0x08 }); // MAP_READ | COPY_DST
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    return { staging, mapped: staging.mapAsync(0x01) };
  });
  try {
    const failed = made.mapped.then(
      () => null,
      (error: unknown) => error,
    );
    // A copy that was refused leaves zeros, which can be read all the same.
    const [problem, failure] = await Promise.all([fault, failed]);
    if (problem) throw problem.kind === 'out-of-memory' ? noRoomToRead(size) : new Error(problem.message);
    if (failure) throw failure;
    return made.staging.getMappedRange().slice(0);
  } finally {
    made.staging.destroy();
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
