/**
 * Reads the reference data of `../shared` for tests. It lives outside the repository and may be absent, so
 * a test that needs it says `it.skipIf(!hasShared('golden-methods/cost.json'))`, which vitest reports.
 *
 * The file system is reached through `process.getBuiltinModule`, so this file compiles without Node's
 * types and loads in a browser (where there is no shared data and `hasShared` is false).
 */
import { PareError } from './assert.ts';

interface FileSystem {
  existsSync(path: string): boolean;
  readFileSync(path: string): Uint8Array<ArrayBuffer>;
  readFileSync(path: string, encoding: 'utf8'): string;
}
interface HostProcess {
  cwd(): string;
  getBuiltinModule?(name: string): unknown;
}

// The pure layers are checked without the DOM's types, so its `atob` is named here too.
const { process: host, atob } = globalThis as unknown as {
  process?: Partial<HostProcess>;
  atob: (this: void, base64: string) => string;
};
const files = host?.getBuiltinModule?.('node:fs') as FileSystem | undefined;

/** Absolute path of a file or folder in the shared folder, e.g. `sharedPath('golden-methods/wanda.json')`. */
export function sharedPath(relative: string): string {
  return `${host?.cwd?.() ?? '.'}/../shared/${relative}`;
}

/** Whether the shared folder (or one path in it) is there. */
export function hasShared(relative = ''): boolean {
  return files?.existsSync(sharedPath(relative)) ?? false;
}

/** The bytes of a shared file. */
export function readSharedBytes(relative: string): Uint8Array<ArrayBuffer> {
  // A copy: Node's small Buffers are views into a shared pool, with no promise about alignment.
  return new Uint8Array(fileSystem(relative).readFileSync(sharedPath(relative)));
}

/** A shared JSON file. The caller names the shape it relies on. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- shorter at every call than a cast
export function readSharedJson<T>(relative: string): T {
  return JSON.parse(fileSystem(relative).readFileSync(sharedPath(relative), 'utf8')) as T;
}

function fileSystem(relative: string): FileSystem {
  if (files && hasShared(relative)) return files;
  const remedy = 'Run the tests in Node from the repository root, or skip them with hasShared().';
  throw new PareError('golden-missing', `There is no ${sharedPath(relative)}.`, remedy);
}

/** An array as the golden files store it: base64 of the row-major little-endian bytes. */
export interface EncodedArray {
  readonly dtype: 'f64' | 'f32' | 'f16' | 'i32' | 'u8' | 'bits';
  readonly shape: readonly number[];
  readonly b64: string;
}

/** The raw bytes of an encoded array. */
export function decodeBytes(array: EncodedArray): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(array.b64), (character) => character.charCodeAt(0));
}

/** All elements as float64, whatever the stored dtype (exact for every one of them). `bits` become 0 and 1. */
export function decodeArray(array: EncodedArray): Float64Array<ArrayBuffer> {
  const bytes = decodeBytes(array);
  const count = array.shape.reduce((product, size) => product * size, 1);
  if (array.dtype === 'f64') return new Float64Array(bytes.buffer);
  if (array.dtype === 'f32') return Float64Array.from(new Float32Array(bytes.buffer));
  if (array.dtype === 'f16') return Float64Array.from(new Uint16Array(bytes.buffer), halfToNumber);
  if (array.dtype === 'i32') return Float64Array.from(new Int32Array(bytes.buffer));
  if (array.dtype === 'u8') return Float64Array.from(bytes);
  return Float64Array.from({ length: count }, (_, i) => ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1);
}

/** A two-dimensional array as rows. */
export function decodeRows(array: EncodedArray): number[][] {
  const [rows = 0, columns = 0] = array.shape;
  const values = decodeArray(array);
  return Array.from({ length: rows }, (_, r) => [...values.subarray(r * columns, (r + 1) * columns)]);
}

/** IEEE half precision bits → number. */
function halfToNumber(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
