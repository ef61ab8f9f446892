/**
 * The one source of randomness. Every generator is seeded and its state is part of the session, so a run
 * that was interrupted continues bit for bit.
 */
import { assert } from './assert.ts';

/** Four unsigned 32-bit integers, not all zero. JSON-able. */
export type RandomState = readonly number[];

/** xoshiro128** 1.1 (Blackman & Vigna 2018, prng.di.unimi.it), seeded with splitmix32. */
export class Random {
  readonly #words: Uint32Array;

  /** `seed`: any non-negative integer below 2^53. */
  constructor(seed: number) {
    assert(Number.isSafeInteger(seed) && seed >= 0, `a seed is a non-negative integer, not ${seed}`);
    this.#words = seedWords([seed >>> 0, Math.floor(seed / 2 ** 32)]);
  }

  static restore(state: RandomState): Random {
    const valid = state.length === 4 && state.every((word) => word === word >>> 0) && state.some(Boolean);
    assert(valid, 'a generator state is four unsigned 32-bit integers, not all zero');
    const random = new Random(0);
    random.#words.set(state);
    return random;
  }

  /** The whole state: there is no hidden cache beside it. */
  state(): RandomState {
    return [...this.#words];
  }

  /** Uniform in 0..2^32 − 1. */
  uint32(): number {
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = this.#words;
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const t2 = s2 ^ s0;
    const t3 = s3 ^ s1;
    this.#words[0] = s0 ^ t3;
    this.#words[1] = s1 ^ t2;
    this.#words[2] = t2 ^ (s1 << 9);
    this.#words[3] = rotateLeft(t3, 11);
    return result;
  }

  /** Uniform in [0, 1), 53 bits. */
  next(): number {
    return ((this.uint32() >>> 5) * 2 ** 26 + (this.uint32() >>> 6)) / 2 ** 53;
  }

  /** Uniform in 0..n − 1. */
  integer(n: number): number {
    assert(Number.isSafeInteger(n) && n > 0, `integer(n) needs n > 0, not ${n}`);
    return Math.floor(this.next() * n);
  }

  /** Standard normal (Box–Muller). The second value is thrown away, so that the state stays four words. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** Shuffles in place (Fisher–Yates) and returns the same array. */
  shuffle<T>(array: T[]): T[] {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [array[i], array[j]] = [array[j] as T, array[i] as T];
    }
    return array;
  }

  /** 0..n − 1 in random order. */
  permutation(n: number): number[] {
    return this.shuffle(Array.from({ length: n }, (_, i) => i));
  }

  /**
   * An independent stream for one purpose ("search", "dropout"). It follows from this generator's present
   * state and the label, and leaves this generator as it was.
   */
  split(label: string): Random {
    const child = new Random(0);
    child.#words.set(
      seedWords([...this.#words, ...Array.from(label, (character) => character.codePointAt(0) ?? 0)]),
    );
    return child;
  }
}

const rotateLeft = (x: number, k: number): number => (x << k) | (x >>> (32 - k));

/** Four state words from any number of seed words: each is absorbed by one round of splitmix32. */
function seedWords(seed: readonly number[]): Uint32Array {
  let counter = 0;
  for (const word of seed) counter = splitmix32((counter ^ word) >>> 0) + 0x9e3779b9;
  const words = Uint32Array.from({ length: 4 }, (_, i) => splitmix32(counter + Math.imul(i, 0x9e3779b9)));
  if (words.every((word) => word === 0)) words[0] = 1;
  return words;
}

/** The finaliser of splitmix32 (murmur3's mixer with better constants). */
function splitmix32(x: number): number {
  let z = x | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}
