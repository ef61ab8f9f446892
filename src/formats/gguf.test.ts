import { describe, expect, it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import { openGguf } from './gguf.ts';
import { ggufConfig } from './gguf-config.ts';
import { ggufStream, type GgufOutput, type GgufTyped } from './gguf-write.ts';
import { bytesSource, type FileSource } from './source.ts';

async function fileOf(
  metadata: Record<string, GgufTyped>,
  tensors: readonly GgufOutput[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  const { size, stream } = ggufStream(new Map(Object.entries(metadata)), tensors);
  const bytes = new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
  expect(bytes.byteLength).toBe(size);
  return bytes;
}

const tensor = (name: string, shape: readonly number[], fill: number): GgufOutput => ({
  name,
  type: 'F32',
  shape,
  bytes: () =>
    Promise.resolve(new Uint8Array(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(fill).buffer)),
});

const example = () =>
  fileOf(
    {
      'general.architecture': { text: 'llama' },
      'a.count': { u32: 7 },
      'a.factor': { f32: 0.5 },
      'a.flag': { flag: true },
      'a.words': { texts: ['', 'é', '漢'] },
      'a.whole': { i32s: [-1, 2] },
      'a.real': { f32s: [0.25, -8] },
    },
    [tensor('one', [3], 1), tensor('two', [2, 3], 2)],
  );

describe('rotary scaling', () => {
  const scalingOf = async (fields: Record<string, GgufTyped>, divisors: Float32Array | null = null) => {
    const sizes = { embedding_length: 8, block_count: 1, feed_forward_length: 8, context_length: 16 };
    const counts = { ...sizes, 'attention.head_count': 1 };
    const own = Object.entries(counts).map(([key, u32]): [string, GgufTyped] => [`llama.${key}`, { u32 }]);
    const metadata = { 'llama.attention.layer_norm_rms_epsilon': { f32: 1e-5 }, ...fields };
    const bytes = await fileOf({ ...Object.fromEntries(own), ...metadata }, [
      tensor('token_embd.weight', [4, 8], 0),
    ]);
    const raw = ggufConfig(await openGguf(bytesSource('m.gguf', bytes)), 'llama', divisors);
    return raw['rope_scaling'];
  };
  const factor = { 'llama.rope.scaling.factor': { f32: 4 } };
  const linear = { rope_type: 'linear', factor: 4 };

  it('is linear where there is a factor and no type, as in llama.cpp', async () => {
    expect(await scalingOf({})).toBeUndefined();
    expect(await scalingOf(factor)).toEqual(linear);
    expect(await scalingOf({ ...factor, 'llama.rope.scaling.type': { text: 'linear' } })).toEqual(linear);
    expect(await scalingOf({ ...factor, 'llama.rope.scaling.type': { text: 'none' } })).toBeUndefined();
    expect(await scalingOf({ 'llama.rope.scale_linear': { f32: 4 } })).toEqual(linear);
  });

  it('is one or the other', async () => {
    await expect(scalingOf(factor, new Float32Array(4).fill(1))).rejects.toThrow(/comes with linear scaling/);
  });
});

/** The file with some bytes replaced. */
function patched(bytes: Uint8Array<ArrayBuffer>, at: number, ...values: number[]): FileSource {
  const copy = bytes.slice();
  copy.set(values, at);
  return bytesSource('m.gguf', copy);
}

async function refusal(promise: Promise<unknown>): Promise<PareError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(PareError);
  return error as PareError;
}

/** Position of a text in the file. */
const find = (bytes: Uint8Array, text: string) => Buffer.from(bytes).indexOf(text);

describe('a GGUF file', () => {
  it('comes back as it was written', async () => {
    const file = bytesSource('m.gguf', await example());
    const { metadata, tensors } = await openGguf(file);
    expect(metadata.text('general.architecture')).toBe('llama');
    expect(metadata.count('a.count', { min: 1, max: 9 })).toBe(7);
    expect(metadata.number('a.factor')).toBe(0.5);
    expect(metadata.flag('a.flag')).toBe(true);
    expect(metadata.texts('a.words')).toEqual(['', 'é', '漢']);
    expect([...metadata.numbers('a.whole')!]).toEqual([-1, 2]);
    expect([...metadata.numbers('a.real')!]).toEqual([0.25, -8]);
    const two = tensors.get('two')!;
    expect(two.shape).toEqual([2, 3]);
    expect(two.begin % 32).toBe(0);
    expect(new Float32Array((await file.read(two.begin, two.end)).buffer)).toEqual(
      new Float32Array(6).fill(2),
    );
  });

  it('names field and offset of what is not as expected', async () => {
    const { metadata } = await openGguf(bytesSource('m.gguf', await example()));
    expect(() => metadata.text('a.count')).toThrow(
      /m\.gguf: a\.count \(offset \d+\) is 7, but should be a text/,
    );
    expect(() => metadata.count('a.count', { min: 8, max: 9 })).toThrow(/a whole number from 8 to 9/);
    expect(() => metadata.require('a.b', metadata.text('a.b'))).toThrow(/have no a\.b/);
  });

  it.each([
    ['magic', (bytes: Uint8Array<ArrayBuffer>) => patched(bytes, 0, 0x46), /does not begin/, true],
    ['version', (bytes) => patched(bytes, 4, 1), /GGUF version 1/, false],
    ['byte order', (bytes) => patched(bytes, 4, 0, 0, 0, 3), /big-endian/, false],
    ['tensor count', (bytes) => patched(bytes, 15, 0x7f), /the number of tensors is \d+, and at most/, true],
    ['field count', (bytes) => patched(bytes, 23, 0x7f), /the number of metadata fields/, true],
    ['key length', (bytes) => patched(bytes, 24 + 6, 0xff), /the length of its key/, true],
    [
      'value type',
      (bytes) => patched(bytes, find(bytes, 'a.count') + 7, 99),
      /a\.count .*value type 99/,
      true,
    ],
    [
      'nested array',
      (bytes) => patched(bytes, find(bytes, 'a.words') + 11, 9),
      /a\.words .*array of type 9/,
      true,
    ],
    [
      'array length',
      (bytes) => patched(bytes, find(bytes, 'a.words') + 20, 1),
      /a\.words .*length of the array/,
      true,
    ],
    [
      'repeated key',
      (bytes) => patched(bytes, find(bytes, 'a.count'), ...Buffer.from('a.whole')),
      /twice/,
      true,
    ],
    ['dimensions', (bytes) => patched(bytes, find(bytes, 'two') + 3, 5), /two .*5 dimensions/, true],
    ['extent', (bytes) => patched(bytes, find(bytes, 'two') + 14, 1), /two .*a dimension/, true],
    [
      'type',
      (bytes) => patched(bytes, find(bytes, 'two') + 23, 10),
      /two .*Q2_K, which Pare cannot read/,
      true,
    ],
    [
      'block',
      (bytes) => patched(bytes, find(bytes, 'two') + 23, 8),
      /two .*rows of 3 are no whole Q8_0/,
      true,
    ],
    ['alignment', (bytes) => patched(bytes, find(bytes, 'two') + 27, 33), /not aligned/, true],
    [
      'offset',
      (bytes) => patched(bytes, find(bytes, 'two') + 28, 1),
      /two .*its offset is|its data end/,
      true,
    ],
    ['overlap', (bytes) => patched(bytes, find(bytes, 'two') + 27, 0), /overlap one/, true],
    ['repeated tensor', (bytes) => patched(bytes, find(bytes, 'two'), ...Buffer.from('one')), /twice/, true],
    ['end', (bytes) => bytesSource('m.gguf', bytes.slice(0, -32)), /its data end at/, true],
  ] as [string, (bytes: Uint8Array<ArrayBuffer>) => FileSource, RegExp, boolean][])(
    'is refused for its %s',
    async (_, damage, message, hasOffset) => {
      const error = await refusal(openGguf(damage(await example())));
      expect(error.message).toMatch(message);
      if (hasOffset) expect(error.message).toMatch(/offset \d+/);
      expect(error.remedy).not.toBe('');
    },
  );
});
