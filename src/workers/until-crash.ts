/** The same stream, which fails with the crash of the worker that it comes from: by itself it would wait for ever. */
export function untilCrash(
  stream: ReadableStream<Uint8Array>,
  crash: Promise<never>,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream({
    start(controller) {
      // Once, not with each part: what listens to a promise that never settles is kept, and all that it holds.
      crash.catch((error: unknown) => controller.error(error));
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
