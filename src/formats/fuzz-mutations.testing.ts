/** Ways to spoil a file, as data: they shrink, they can be printed, and they can be done again. */
import * as fc from 'fast-check';

/** Where: `at` counts, modulo, within a part of the file that is worth spoiling. */
interface Place {
  /** `head`: its header. `number`: what looks like a 64-bit number, in it or behind it. `tail`: the last bytes. */
  readonly zone: 'head' | 'number' | 'tail' | 'any';
  readonly at: number;
}

export type Mutation =
  | { readonly kind: 'flip'; readonly place: Place; readonly bit: number }
  | { readonly kind: 'number'; readonly place: Place; readonly width: 1 | 4 | 8; readonly value: bigint }
  | { readonly kind: 'nudge'; readonly place: Place; readonly by: number }
  | { readonly kind: 'cut'; readonly place: Place }
  | { readonly kind: 'remove' | 'repeat'; readonly place: Place; readonly length: number }
  | { readonly kind: 'splice'; readonly place: Place; readonly from: Place; readonly length: number }
  | { readonly kind: 'insert'; readonly place: Place; readonly bytes: Uint8Array }
  /** In a JSON file, in a line of one, or in the header of safetensors: a value is replaced, by name of `jsonChanges`. */
  | { readonly kind: 'json'; readonly value: number; readonly by: JsonChange }
  | { readonly kind: 'json-swap'; readonly value: number; readonly with: number };

type Bytes = Uint8Array<ArrayBuffer>;

const deep = (opening: string, closing: string) => opening.repeat(20_000) + closing.repeat(20_000);

/** What a JSON value becomes, as text: some of it is what `JSON.stringify` would never write. */
const jsonChanges = {
  drop: () => null,
  null: () => 'null',
  zero: () => '0',
  one: () => '1',
  negative: () => '-1',
  half: () => '0.5',
  'two to the 31': () => '2147483648',
  'two to the 53': () => '9007199254740992',
  'two to the 64': () => '18446744073709551615',
  huge: () => '1e308',
  infinite: () => '1e999',
  'not a number': () => 'NaN',
  true: () => 'true',
  text: () => '"x"',
  empty: () => '""',
  long: () => `"${'long '.repeat(20_000)}"`,
  'lone surrogate': () => String.raw`"\ud800"`,
  'zero byte': () => String.raw`"\u0000"`,
  list: () => '[]',
  object: () => '{}',
  'list of lists': () => '[[[]],{},[null]]',
  'long list': () => `[${'0,'.repeat(50_000)}0]`,
  'deep list': () => deep('[', ']'),
  'deep object': () => deep('{"a":', '}').replace(':}', ':0}'),
  prototype: () => '{"__proto__":{"polluted":1}}',
  constructor: () => '{"constructor":{"prototype":{"polluted":1}}}',
  'name of a method': () => '"toString"',
  'name of the prototype': () => '"__proto__"',
  'in a list': (value) => `[${text(value)}]`,
  'as text': (value) => JSON.stringify(text(value)),
  'one more': (value) => (typeof value === 'number' ? text(value + 1) : `[${text(value)},1]`),
  'one less': (value) => (typeof value === 'number' ? text(value - 1) : '-1'),
  negated: (value) => (typeof value === 'number' ? text(-value) : 'false'),
  'first key twice': (value) => doubled(value),
} satisfies Record<string, (value: unknown) => string | null>;

type JsonChange = keyof typeof jsonChanges;

const text = (value: unknown): string => JSON.stringify(value) ?? 'null';

function doubled(value: unknown): string {
  const [first] = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return first ? `{${text(first[0])}:0,${text(value).slice(1)}` : '{"a":1,"a":2}';
}

const oddNumbers = [
  0n,
  1n,
  7n,
  255n,
  2n ** 16n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 63n,
];
const most = 2n ** 64n - 1n;

const place: fc.Arbitrary<Place> = fc.record({
  zone: fc.oneof(
    { weight: 5, arbitrary: fc.constant('head' as const) },
    { weight: 4, arbitrary: fc.constant('number' as const) },
    { weight: 1, arbitrary: fc.constant('tail' as const) },
    { weight: 1, arbitrary: fc.constant('any' as const) },
  ),
  at: fc.nat(),
});
const length = fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 4096 }));

const ofBytes: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), place, bit: fc.nat({ max: 7 }) }),
  fc.record({
    kind: fc.constant('number' as const),
    place,
    width: fc.constantFrom(1 as const, 4 as const, 8 as const),
    value: fc.oneof(fc.constantFrom(...oddNumbers, most), fc.bigInt({ min: 0n, max: most })),
  }),
  fc.record({ kind: fc.constant('nudge' as const), place, by: fc.constantFrom(-1, 1, 8, 32, 100) }),
  fc.record({ kind: fc.constant('cut' as const), place }),
  fc.record({ kind: fc.constantFrom('remove' as const, 'repeat' as const), place, length }),
  fc.record({ kind: fc.constant('splice' as const), place, from: place, length }),
  fc.record({
    kind: fc.constant('insert' as const),
    place,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  }),
);

const ofJson: fc.Arbitrary<Mutation> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('json' as const),
      value: fc.nat(),
      by: fc.constantFrom(...(Object.keys(jsonChanges) as JsonChange[])),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('json-swap' as const), value: fc.nat(), with: fc.nat() }),
  },
);

/** One way to spoil a file that is called so. */
export const mutationOf = (name: string): fc.Arbitrary<Mutation> =>
  holdsJson(name) ? fc.oneof({ weight: 1, arbitrary: ofBytes }, { weight: 2, arbitrary: ofJson }) : ofBytes;

const holdsJson = (name: string) => /\.(?:json|jsonl|safetensors)$/.test(name);

/** The file, spoilt. */
export function mutated(name: string, bytes: Bytes, mutation: Mutation): Bytes {
  if (mutation.kind === 'json' || mutation.kind === 'json-swap') return withJson(name, bytes, mutation);
  const at = resolve(name, bytes, mutation.place);
  switch (mutation.kind) {
    case 'flip':
      return written(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << mutation.bit)));
    case 'number': {
      const number = new Uint8Array(new BigUint64Array([mutation.value]).buffer);
      return written(bytes, at, number.subarray(0, mutation.width));
    }
    case 'nudge':
      return written(bytes, at, Uint8Array.of((bytes[at] ?? 0) + mutation.by));
    case 'cut':
      return bytes.slice(0, at);
    case 'remove':
      return joined(bytes.subarray(0, at), bytes.subarray(at + mutation.length));
    case 'repeat':
      return joined(bytes.subarray(0, at + mutation.length), bytes.subarray(at));
    case 'splice': {
      const from = resolve(name, bytes, mutation.from);
      return written(bytes, at, bytes.slice(from, from + mutation.length));
    }
    case 'insert':
      return joined(bytes.subarray(0, at), mutation.bytes, bytes.subarray(at));
    default:
      return mutation satisfies never;
  }
}

function resolve(name: string, bytes: Bytes, { zone, at }: Place): number {
  const size = Math.max(1, bytes.length);
  if (zone === 'any') return at % size;
  if (zone === 'tail') return size - 1 - (at % Math.min(size, 256));
  if (zone === 'head') return at % headerOf(name, bytes);
  const numbers = numbersIn(bytes);
  return numbers[at % Math.max(1, numbers.length)] ?? 0;
}

/** Bytes of the header, as far as it can be told. */
function headerOf(name: string, bytes: Bytes): number {
  const size = Math.max(1, bytes.length);
  return Math.min(size, name.endsWith('.safetensors') ? headerLength(bytes) + 8 : 4096);
}

const headerLength = (bytes: Bytes) =>
  bytes.length < 8 ? 0 : Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));

const searched = 1 << 16;

/** Places of little-endian 64-bit numbers below 2^32 that are not zero, or of what looks like one. */
function numbersIn(bytes: Bytes): number[] {
  const found: number[] = [];
  const end = Math.min(bytes.length, searched) - 8;
  for (let at = 0; at <= end; at++) {
    if (bytes[at] !== 0 && [4, 5, 6, 7].every((next) => bytes[at + next] === 0)) found.push(at);
  }
  return found;
}

function written(bytes: Bytes, at: number, by: Uint8Array): Bytes {
  const spoilt = bytes.slice();
  spoilt.set(by.subarray(0, Math.max(0, spoilt.length - at)), at);
  return spoilt;
}

function joined(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

type OfJson = Extract<Mutation, { kind: 'json' | 'json-swap' }>;

function withJson(name: string, bytes: Bytes, mutation: OfJson): Bytes {
  if (name.endsWith('.jsonl')) return withJsonLine(bytes, mutation);
  if (!name.endsWith('.safetensors')) return encoded(changedJson(decoded(bytes), mutation));
  const begin = 8 + headerLength(bytes);
  const header = encoded(changedJson(decoded(bytes.subarray(8, begin)), mutation));
  const prefix = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer);
  return joined(prefix, header, bytes.subarray(begin));
}

function withJsonLine(bytes: Bytes, mutation: OfJson): Bytes {
  const lines = decoded(bytes).split('\n');
  const at = mutation.value % lines.length;
  return encoded(lines.with(at, changedJson(lines[at]!, mutation)).join('\n'));
}

const decoded = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const encoded = (json: string): Bytes => new TextEncoder().encode(json);

/** What is no JSON any more, or nested too deeply to be written again, stays as it is. */
function changedJson(json: string, mutation: OfJson): string {
  try {
    return changed(json, JSON.parse(json), mutation);
  } catch {
    return json;
  }
}

function changed(json: string, root: unknown, mutation: OfJson): string {
  const slots = slotsIn(root);
  const slot = slots[mutation.value % Math.max(1, slots.length)];
  if (!slot) return json;
  const { holder, key } = slot;
  const held = holder[key];
  if (mutation.kind === 'json-swap') {
    const other = slots[mutation.with % slots.length]!;
    // One inside the other would be a circle.
    if (text(held).includes(text(other.holder)) || text(other.holder[other.key]).includes(text(holder)))
      return json;
    [holder[key], other.holder[other.key]] = [other.holder[other.key], held];
    return JSON.stringify(root);
  }
  const by = jsonChanges[mutation.by](held);
  if (by === null) {
    delete holder[key];
    return JSON.stringify(root);
  }
  holder[key] = mark;
  return JSON.stringify(root).replace(JSON.stringify(mark), () => by);
}

const mark = '<where the change goes>';

interface Slot {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** Every value but the whole. */
function slotsIn(root: unknown): Slot[] {
  const slots: Slot[] = [];
  const open = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, held] of Object.entries(value)) {
      slots.push({ holder: value as Record<string, unknown>, key });
      if (held !== undefined) open.push(held);
    }
  }
  return slots;
}
