import { expect, it } from 'vitest';
import { array, assert, integer, property } from 'fast-check';
import { WasmMemory } from './memory.ts';

it('blocks never overlap, whatever is taken and given back', () => {
  const steps = array(integer({ min: -10, max: 200_000 }), { maxLength: 200 });
  const check = (sizes: number[]) => {
    const memory = new WasmMemory();
    const held: { at: number; bytes: number; mark: number }[] = [];
    sizes.forEach((bytes, mark) => {
      const out = bytes < 0 ? held.splice(-bytes % Math.max(1, held.length), 1)[0] : undefined;
      if (out) memory.free(out.at);
      if (bytes <= 0) return;
      const at = memory.allocate(bytes);
      expect(at % 64).toBe(0);
      memory.bytes(at, bytes).fill(mark);
      held.push({ at, bytes, mark });
    });
    for (const { at, bytes, mark } of held) {
      const block = memory.bytes(at, bytes);
      expect([block[0], block[bytes - 1]]).toEqual([mark % 256, mark % 256]);
    }
  };
  assert(property(steps, check), { numRuns: 30 });
});

it('what is given back is joined and used again', () => {
  const memory = new WasmMemory();
  const blocks = Array.from({ length: 8 }, () => memory.allocate(100_000));
  for (const at of [3, 1, 2, 4].map((index) => blocks[index]!)) memory.free(at);
  expect(memory.allocate(390_000)).toBe(blocks[1]);
  expect(() => memory.free(blocks[2]!)).toThrow('nothing was allocated');
});
