/** Copies a buffer's first `size` bytes to the host, after all that was submitted before. */
export async function readBuffer(device: GPUDevice, source: GPUBuffer, size: number): Promise<ArrayBuffer> {
  const staging = device.createBuffer({ size, usage: 0x01 | 0x08 }); // MAP_READ | COPY_DST
  try {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(0x01);
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}
