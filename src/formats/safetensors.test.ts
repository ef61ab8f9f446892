import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import { dtypeBytes, openSafetensors, type SafetensorsDtype } from './safetensors.ts';
import { safetensorsStream, type TensorOutput } from './safetensors-write.ts';
import { bytesSource } from './source.ts';

/** A file with this header, however wrong, and this many bytes of data. */
function fileOf(header: unknown, dataBytes: number, announced?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, announced ?? BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const open = (bytes: Uint8Array) => openSafetensors(bytesSource('model.safetensors', bytes));
const tensor = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

async function streamed(
  tensors: TensorOutput[],
  metadata?: Record<string, string>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { size, stream } = safetensorsStream(tensors, metadata);
  const bytes = new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
  expect(bytes.length).toBe(size);
  return bytes;
}

async function refused(bytes: Uint8Array, message: RegExp): Promise<void> {
  const error = await open(bytes).then(
    () => null,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(PareError);
  expect((error as PareError).message).toMatch(message);
  expect((error as PareError).message).toMatch(/^model\.safetensors: /);
  expect((error as PareError).remedy).not.toBe('');
}

describe('reading safetensors', () => {
  it('finds tensors, metadata and parts of tensors', async () => {
    const bytes = fileOf(
      { __metadata__: { format: 'pt' }, b: tensor(4, 12), a: tensor(0, 4), e: tensor(12, 12, [0, 7]) },
      12,
    );
    bytes.set([1, 2, 3, 4, 5, 6], bytes.length - 12);
    const file = await open(bytes);
    expect(file.metadata).toEqual({ format: 'pt' });
    expect(file.entries.get('b')).toEqual({
      name: 'b',
      dtype: 'F32',
      shape: [2],
      begin: bytes.length - 8,
      end: bytes.length,
    });
    expect([...(await file.read('a'))]).toEqual([1, 2, 3, 4]);
    expect([...(await file.read('b', { from: 0, to: 2 }))]).toEqual([5, 6]);
    expect((await file.read('b', { from: 4, to: 100 })).length).toBe(4);
    expect((await file.read('e')).length).toBe(0);
    await expect(file.read('toString')).rejects.toThrowError(/has no tensor toString/);
  });

  it.each([
    [0x7fff_ffff_ffff_ffffn, '9223372036854775807'],
    [0xffff_ffff_ffff_ffffn, '18446744073709551615'],
    [1000n, '1000'],
  ])('refuses a header of %s bytes without allocating it', (announced, shown) =>
    refused(fileOf({}, 0, announced), new RegExp(`\\(offset 0\\) announce a header of ${shown} bytes`)),
  );

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /has 0 bytes/],
    ['a header that is cut off', fileOf('{"a":', 0), /not valid at offset 13: the text ends too early/],
    ['a header that is no JSON', fileOf('hello', 0), /not valid at offset 8/],
    ['a header that is a list', fileOf('[]', 0), /not a JSON object/],
    ['an empty header', fileOf('', 0), /offset 8/],
    ['a repeated name', fileOf('{"a":1,"a":2}', 0), /offset 15: the key "a" comes twice/],
    [
      'a polluting name',
      fileOf('{"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4),
      /"__proto__" is not allowed/,
    ],
    ['a polluting field', fileOf('{"a":{"constructor":1}}', 4), /"constructor" is not allowed/],
    ['metadata that are no texts', fileOf({ __metadata__: { a: 1 } }, 0), /__metadata__/],
    ['a tensor that is no object', fileOf({ a: 3 }, 0), /a: /],
    ['a missing shape', fileOf({ a: { dtype: 'F32', data_offsets: [0, 4] } }, 4), /a\.shape/],
    ['a negative extent', fileOf({ a: tensor(0, 4, [-1]) }, 4), /a\.shape\.0/],
    ['an extent that is no integer', fileOf({ a: tensor(0, 4, [1.5]) }, 4), /a\.shape\.0/],
    ['a negative offset', fileOf({ a: tensor(-4, 4, [2]) }, 4), /a\.data_offsets\.0/],
    ['a huge offset', fileOf({ a: tensor(0, 2 ** 60, [1]) }, 4), /a\.data_offsets\.1/],
    ['offsets that run backwards', fileOf({ a: tensor(4, 0, [1]) }, 4), /end before they begin/],
    [
      'offsets beyond the end',
      fileOf({ a: tensor(0, 8) }, 4),
      /run past the end of the file, which holds 4 bytes/,
    ],
    [
      'overlapping tensors',
      fileOf({ a: tensor(0, 8), b: tensor(4, 12) }, 12),
      /b\.data_offsets: .* overlaps a/,
    ],
    ['a hole', fileOf({ a: tensor(0, 4), b: tensor(8, 12) }, 12), /leaves a gap of 4 bytes after a/],
    ['a hole at the start', fileOf({ a: tensor(4, 8) }, 8), /gap of 4 bytes after the header/],
    ['trailing bytes', fileOf({ a: tensor(0, 4) }, 6), /2 bytes at offset \d+ belong to no tensor/],
    ['a shape that disagrees', fileOf({ a: tensor(0, 8, [3]) }, 8), /are 8 bytes, but F32 \[3\] needs 12/],
    ['a shape that overflows', fileOf({ a: tensor(0, 8, [2 ** 40, 2 ** 40]) }, 8), /are 8 bytes, but F32/],
    [
      'a type it cannot read',
      fileOf({ a: { dtype: 'F8_E4M3', shape: [4], data_offsets: [0, 4] } }, 4),
      /a\.dtype is F8_E4M3/,
    ],
    [
      'a type from a prototype',
      fileOf({ a: { dtype: 'toString', shape: [4], data_offsets: [0, 4] } }, 4),
      /a\.dtype is toString/,
    ],
  ])('refuses %s', (_, bytes, message) => refused(bytes, message));

  it('never fails in any other way on mutated files', async () => {
    const sound = fileOf(
      { __metadata__: { format: 'pt' }, a: tensor(0, 8, [2]), b: tensor(8, 24, [2, 2]) },
      24,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(3),
        async (edits, cut) => {
          const bytes = sound.slice(0, sound.length - cut);
          for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
          const file = await open(bytes).catch((error: unknown) => {
            expect(error).toBeInstanceOf(PareError);
            return null;
          });
          if (file) for (const name of file.entries.keys()) await file.read(name);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('writing safetensors', () => {
  it('round-trips names, types, shapes and bytes', async () => {
    const tensors = fc.uniqueArray(
      fc.record({
        name: fc
          .string({ minLength: 1 })
          .filter((name) => !['__proto__', 'constructor', 'prototype', '__metadata__'].includes(name)),
        dtype: fc.constantFrom(...(Object.keys(dtypeBytes) as SafetensorsDtype[])),
        shape: fc.array(fc.nat(5), { maxLength: 3 }),
        fill: fc.nat(255),
      }),
      { selector: ({ name }) => name, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(tensors, async (list) => {
        const outputs = list.map(({ name, dtype, shape, fill }) => {
          const bytes = new Uint8Array(shape.reduce((a, b) => a * b, dtypeBytes[dtype])).fill(fill);
          return { name, dtype, shape, bytes: () => Promise.resolve(bytes) };
        });
        const bytes = await streamed(outputs, { made: 'by a test' });
        expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
        const file = await open(bytes);
        expect(file.metadata).toEqual({ made: 'by a test', format: 'pt' });
        expect(file.entries.size).toBe(outputs.length);
        for (const { name, dtype, shape, bytes: expected } of outputs) {
          expect(file.entries.get(name)).toMatchObject({ dtype, shape });
          expect((file.entries.get(name)?.begin ?? 0) % dtypeBytes[dtype]).toBe(0);
          expect(await file.read(name)).toEqual(await expected());
        }
      }),
    );
  });

  it('asks for one tensor at a time, when the reader gets there', async () => {
    const asked: string[] = [];
    const output = (name: string) => ({
      name,
      dtype: 'U8' as const,
      shape: [2],
      bytes: () => (asked.push(name), Promise.resolve(new Uint8Array(2))),
    });
    const reader = safetensorsStream([output('a'), output('b')]).stream.getReader();
    await reader.read();
    expect(asked).toEqual([]);
    await reader.read();
    expect(asked).toEqual(['a']);
  });

  it('fails where bytes and shape disagree, or names repeat', async () => {
    const wrong = {
      name: 'a',
      dtype: 'F32' as const,
      shape: [2],
      bytes: () => Promise.resolve(new Uint8Array(4)),
    };
    const { stream } = safetensorsStream([wrong]);
    await expect(
      new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
    ).rejects.toThrowError();
    expect(() => safetensorsStream([wrong, wrong])).toThrowError(/two tensors/);
  });
});
