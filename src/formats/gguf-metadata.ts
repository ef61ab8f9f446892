/** The metadata of a GGUF file, asked for by key and type; what is not as expected is named by file, key and offset. */
import type { PareError } from '../lib/assert.ts';
import { damagedGguf } from './gguf-cursor.ts';

export type GgufValue = string | number | boolean | readonly string[] | Float64Array;

export interface GgufField {
  readonly value: GgufValue;
  /** Of the value, in the file. */
  readonly offset: number;
}

export class GgufMetadata {
  readonly #path: string;
  readonly #fields: ReadonlyMap<string, GgufField>;

  constructor(path: string, fields: ReadonlyMap<string, GgufField>) {
    this.#path = path;
    this.#fields = fields;
  }

  get keys(): Iterable<string> {
    return this.#fields.keys();
  }

  has(key: string): boolean {
    return this.#fields.has(key);
  }

  text(key: string): string | undefined {
    return this.#typed(key, 'a text', (value) => typeof value === 'string');
  }

  number(key: string): number | undefined {
    return this.#typed(key, 'a finite number', isFiniteNumber);
  }

  /** A whole number between limits. */
  count(key: string, { min, max }: { min: number; max: number }): number | undefined {
    const isCount = (value: GgufValue): value is number =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
    return this.#typed(key, `a whole number from ${min} to ${max}`, isCount);
  }

  flag(key: string): boolean | undefined {
    return this.#typed(key, 'true or false', (value) => typeof value === 'boolean');
  }

  texts(key: string): readonly string[] | undefined {
    return this.#typed(key, 'a list of texts', isTexts);
  }

  numbers(key: string): Float64Array | undefined {
    return this.#typed(key, 'a list of numbers', (value) => value instanceof Float64Array);
  }

  /** The value, or an error that says that it is not there. */
  require<T>(key: string, value: T | undefined): T {
    if (value !== undefined) return value;
    throw damagedGguf(this.#path, `its metadata have no ${key}`, { field: key, offset: 24 });
  }

  /** `problem` follows the key: "is 3, …". */
  fail(key: string, problem: string): PareError {
    const offset = this.#fields.get(key)?.offset ?? 24;
    return damagedGguf(this.#path, `${key} (offset ${offset}) ${problem}`, { field: key, offset });
  }

  #typed<T extends GgufValue>(
    key: string,
    expected: string,
    fits: (value: GgufValue) => value is T,
  ): T | undefined {
    const field = this.#fields.get(key);
    if (!field) return undefined;
    if (fits(field.value)) return field.value;
    throw this.fail(key, `is ${described(field.value)}, but should be ${expected}`);
  }
}

const isFiniteNumber = (value: GgufValue): value is number =>
  typeof value === 'number' && Number.isFinite(value);

const isTexts = (value: GgufValue): value is readonly string[] => Array.isArray(value);

function described(value: GgufValue): string {
  if (typeof value === 'string') return `"${value.slice(0, 60)}"`;
  return typeof value === 'object' ? `a list of ${value.length}` : String(value);
}
