import * as fc from 'fast-check';
import { expect } from 'vitest';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { PareError } from '../lib/assert.ts';

/** What became of something hostile: `accepted`, or the error's code and what it says. */
export interface Outcome {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

const accepted: Outcome = { code: 'accepted', message: '', details: {} };

/** Anything but a PareError with a remedy fails the test. */
export function refusedBy(error: unknown): Outcome {
  if (!(error instanceof PareError)) throw error;
  const { code, message, remedy, details } = error;
  expect(message).toMatch(/^The (link|session file) .*\.$/s);
  expect(remedy).toMatch(/\w\)?\.$/);
  return { code, message, details };
}

export function outcomeOf(read: () => unknown): Outcome {
  try {
    read();
  } catch (error) {
    return refusedBy(error);
  }
  return accepted;
}

export async function outcomeOfAsync(read: () => Promise<unknown>): Promise<Outcome> {
  try {
    await read();
  } catch (error) {
    return refusedBy(error);
  }
  return accepted;
}

/** Deflate data of so many million zeros, made without ever having them: one block of a million, again and again. */
export function bomb(millions: number): Uint8Array {
  const block = deflateRawSync(new Uint8Array(1_000_000), { level: 9, finishFlush: constants.Z_SYNC_FLUSH });
  const end = deflateRawSync(new Uint8Array());
  return Buffer.concat([...Array.from({ length: millions }, () => block), end]);
}

/** A gzip of so many million zeros; its checksum does not matter any more. */
export const gzipBomb = (millions: number): Uint8Array =>
  Buffer.concat([Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff), bomb(millions), new Uint8Array(8)]);

export const gzipOf = (text: string): Uint8Array => gzipSync(new TextEncoder().encode(text));
export const jsonOf = (value: unknown): Uint8Array => gzipOf(JSON.stringify(value));

/** Deflate's largest ratio times the slice that `inflateCapped` puts in at a time. */
export const overshoot = 1032 * 512;

/** Numbers that no honest file has where it has a number. */
export const outOfRange = [-1, 0.5, 1e308, -1e308, 2 ** 53, 1e19, 'NaN', '1', null, true, [], {}];

type Place = readonly (string | number)[];

/** Where there is something in a JSON value, however deep. */
export function placesIn(value: unknown, place: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [place];
  const inside = Object.entries(value).flatMap(([key, item]) =>
    placesIn(item, [...place, Array.isArray(value) ? Number(key) : key]),
  );
  return [place, ...inside];
}

/** A JSON value with something else at a place. */
export function replaced(value: unknown, [key, ...rest]: Place, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) {
    return value.map((item, index) => (index === key ? replaced(item, rest, by) : (item as unknown)));
  }
  const record = value as Record<string, unknown>;
  return { ...record, [key]: replaced(record[key], rest, by) };
}

/** A JSON value with anything at all somewhere in it. */
export function mutationsOf(value: unknown): fc.Arbitrary<unknown> {
  const places = placesIn(value);
  const anything = fc.oneof(fc.constantFrom(...outOfRange), fc.jsonValue({ maxDepth: 3 }));
  return fc.tuple(fc.constantFrom(...places), anything).map(([place, by]) => replaced(value, place, by));
}

/** JSON text with a forbidden key in each object of it, one after the other; written plainly and with an escape. */
export function pollutionsOf(value: unknown): string[] {
  const text = JSON.stringify(value);
  const objects = [...text.matchAll(/\{(?=")/g)].map(({ index }) => index + 1);
  const keys = ['"__proto__"', String.raw`"\u005f_proto__"`, '"constructor"', '"prototype"'];
  return objects.map(
    (at, index) => `${text.slice(0, at)}${keys[index % keys.length]}:{"polluted":1},${text.slice(at)}`,
  );
}

/** `count` places from `from` to `to` − 1, spread evenly, the first and the last among them. */
export function spread(from: number, to: number, count: number): number[] {
  const step = Math.max(1, (to - 1 - from) / (count - 1));
  const all = Array.from({ length: count }, (_, index) => Math.round(from + index * step));
  return [...new Set(all.filter((place) => place < to))];
}

/** Runs of a property; `PARE_FUZZ=100` makes it a hundred times as many. */
export const runs = (numRuns: number): { numRuns: number } => ({
  numRuns: numRuns * Number(process.env.PARE_FUZZ ?? 1),
});
