/**
 * One memory for all tensors of a backend: kernels address it directly, and other threads share it. Blocks are handed
 * out first-fit and joined with their neighbours when they come back.
 */
export class WasmMemory {
  readonly memory: WebAssembly.Memory;
  /** Free spans by address; none touches the next. */
  readonly #free: Span[] = [];
  readonly #sizes = new Map<number, number>();
  #end: number;

  constructor() {
    this.memory = largestMemory();
    this.#end = this.memory.buffer.byteLength;
    this.#free.push({ at: reserved, bytes: this.#end - reserved });
  }

  /** Bytes that are handed out. */
  get held(): number {
    return [...this.#sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Address of so many bytes, at a multiple of 64; what they hold is not cleared. Throws a `RangeError` without room. */
  allocate(bytes: number): number {
    const size = roundUp(bytes + slack);
    const found = this.#free.find((span) => span.bytes >= size) ?? this.#grow(size);
    const { at } = found;
    found.at += size;
    found.bytes -= size;
    if (found.bytes === 0) this.#free.splice(this.#free.indexOf(found), 1);
    this.#sizes.set(at, size);
    return at;
  }

  free(at: number): void {
    const bytes = this.#sizes.get(at);
    if (bytes === undefined) throw new Error(`nothing was allocated at ${at}`);
    this.#sizes.delete(at);
    this.#release({ at, bytes });
  }

  floats(at: number, count: number): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#buffer(), at, count);
  }

  integers(at: number, count: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#buffer(), at, count);
  }

  words(at: number, count: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#buffer(), at, count);
  }

  bytes(at: number, count: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer(), at, count);
  }

  /** Shared memory never moves: views stay good when it grows. (Its type here is that of memory of one thread.) */
  #buffer(): ArrayBuffer {
    return this.memory.buffer;
  }

  #grow(size: number): Span {
    const last = this.#free.at(-1);
    const missing = size - (last && last.at + last.bytes === this.#end ? last.bytes : 0);
    // A quarter more than asked for, so that a model's tensors do not grow it one by one.
    const wanted = Math.ceil(missing / page);
    const ahead = Math.ceil(this.#end / 4 / page);
    try {
      this.memory.grow(Math.max(wanted, ahead));
    } catch {
      this.memory.grow(wanted);
    }
    const end = this.memory.buffer.byteLength;
    this.#release({ at: this.#end, bytes: end - this.#end });
    this.#end = end;
    return this.#free[this.#free.length - 1]!;
  }

  #release(span: Span): void {
    const next = this.#free.findIndex(({ at }) => at > span.at);
    const place = next < 0 ? this.#free.length : next;
    this.#free.splice(place, 0, span);
    this.#join(place);
    if (place > 0) this.#join(place - 1);
  }

  /** Span `index` takes in the next one where they touch. */
  #join(index: number): void {
    const [span, next] = [this.#free[index]!, this.#free[index + 1]];
    if (!next || span.at + span.bytes !== next.at) return;
    span.bytes += next.bytes;
    this.#free.splice(index + 1, 1);
  }
}

interface Span {
  at: number;
  bytes: number;
}

const page = 65_536;
/** The first page is the module's. */
const reserved = page;
/** Kernels read, and by element also write, whole vectors: so far beyond the end of a tensor. */
const slack = 64;
const roundUp = (bytes: number) => Math.ceil(bytes / 64) * 64;

/** Address space, not memory: 4 GiB where the machine has that much, else less. */
function largestMemory(): WebAssembly.Memory {
  for (const maximum of [65_536, 32_768, 16_384]) {
    try {
      return new WebAssembly.Memory({ initial: 64, maximum, shared: true });
    } catch {
      // A 32-bit browser, or a process that is held to less.
    }
  }
  return new WebAssembly.Memory({ initial: 64, maximum: 8192, shared: true });
}
