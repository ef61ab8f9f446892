import { expect, it, vi } from 'vitest';
import { untilCrash } from './until-crash.ts';

const never = new Promise<never>(() => {});

it('is the same stream while nothing crashes', async () => {
  let left = 20;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => (left-- > 0 ? controller.enqueue(new Uint8Array(3).fill(7)) : controller.close()),
  });
  const listened = vi.spyOn(never, 'then');
  const bytes = new Uint8Array(await new Response(untilCrash(stream, never)).arrayBuffer());
  expect(bytes).toEqual(new Uint8Array(60).fill(7));
  // Not with each part, which it would keep.
  expect(listened).toHaveBeenCalledTimes(1);
});

it('fails with the crash where no more comes', async () => {
  let crash: (error: Error) => void = () => {};
  const crashed = new Promise<never>((_, reject) => (crash = reject));
  const stuck = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(3)),
  });
  const reader = untilCrash(stuck, crashed).getReader();
  expect((await reader.read()).value).toHaveLength(3);
  const next = reader.read();
  crash(new Error('The engine stopped.'));
  await expect(next).rejects.toThrow('The engine stopped.');
});

it('tells its source where nobody wants it any more', async () => {
  let told: unknown;
  const source = new ReadableStream<Uint8Array>({ cancel: (reason) => void (told = reason) });
  await untilCrash(source, never).cancel('enough');
  expect(told).toBe('enough');
});
