/** The same stream, which fails with the crash of the worker that it comes from: by itself it would wait for ever. */
export function untilCrash(
  stream: ReadableStream<Uint8Array>,
  crash: Promise<never>,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await Promise.race([reader.read(), crash]);
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
