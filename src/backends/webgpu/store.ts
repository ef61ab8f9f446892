import { bytesOf, type TensorSpec } from '../../graph/tensor.ts';
import { PareError } from '../../lib/assert.ts';
import { outOfMemory, type Store } from '../backend.ts';
import { Reader } from './read.ts';
import { guarded, type DeviceFault } from './scopes.ts';

const usage = 0x80 | 0x04 | 0x08; // STORAGE | COPY_SRC | COPY_DST

export class GpuStore implements Store {
  readonly #device: GPUDevice;
  readonly #limit: number;
  /** Also of the programs over this store. */
  readonly reader: Reader;
  readonly #entries = new Map<string, { spec: TensorSpec; buffer: GPUBuffer }>();
  /** Allocations of which it is not known yet whether the device had room. */
  readonly #unsettled: { name: string; buffer: GPUBuffer; fault: Promise<DeviceFault> }[] = [];

  constructor(device: GPUDevice, limit: number) {
    this.#device = device;
    this.#limit = limit;
    this.reader = new Reader(device);
  }

  allocate(name: string, spec: TensorSpec): void {
    const known = this.#entries.get(name);
    if (known) {
      if (String(known.spec.shape) !== String(spec.shape) || known.spec.dtype !== spec.dtype) {
        throw new Error(`${name} is in the store with another shape`);
      }
      return;
    }
    const size = this.cost(spec);
    if (size > this.#limit) {
      throw new PareError(
        'tensor-too-large',
        `${name} needs ${size} bytes in one piece; this device allows ${this.#limit}.`,
        'Choose a smaller model, or a device with a larger storage buffer limit.',
      );
    }
    const { made, fault } = guarded(this.#device, () =>
      this.#device.createBuffer({ label: name, size, usage }),
    );
    this.#entries.set(name, { spec, buffer: made });
    this.#unsettled.push({ name, buffer: made, fault });
  }

  async settled(): Promise<void> {
    const faults = await Promise.all(
      this.#unsettled.splice(0).map(async ({ fault, ...rest }) => ({ ...rest, fault: await fault })),
    );
    const failed = faults.filter(({ fault }) => fault);
    // What has no memory is not kept: asking for it again tries again.
    for (const { name, buffer } of failed) if (this.#entries.get(name)?.buffer === buffer) this.remove(name);
    if (failed.length > 0) throw outOfMemory(failed[0]!.name, failed[0]!.buffer.size, this.bytes());
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  spec(name: string): TensorSpec {
    return this.#entry(name).spec;
  }

  write(name: string, view: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    this.#put(name, (buffer) => this.#write(buffer, view, offset));
  }

  #write(buffer: GPUBuffer, view: ArrayBufferView<ArrayBuffer>, offset: number): void {
    const whole = view.byteLength & ~3;
    this.#device.queue.writeBuffer(buffer, offset, view.buffer, view.byteOffset, whole);
    if (whole === view.byteLength) return;
    // An odd number of 16-bit values: the last word is padded.
    const tail = new Uint8Array(4);
    tail.set(new Uint8Array(view.buffer, view.byteOffset + whole, view.byteLength - whole));
    this.#device.queue.writeBuffer(buffer, offset + whole, tail);
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { spec, buffer } = this.#entry(name);
    return new Uint8Array(await this.reader.read(buffer, bytesOf(spec)));
  }

  clear(name: string): void {
    this.#put(name, (buffer) => {
      const encoder = this.#device.createCommandEncoder();
      encoder.clearBuffer(buffer);
      this.#device.queue.submit([encoder.finish()]);
    });
  }

  /** A buffer that turns out to have no memory refuses everything, of which `settled` tells; it is no reason to give up the device. */
  #put(name: string, work: (buffer: GPUBuffer) => void): void {
    const { buffer } = this.#entry(name);
    if (this.#unsettled.some((waiting) => waiting.buffer === buffer))
      guarded(this.#device, () => work(buffer));
    else work(buffer);
  }

  remove(name: string): void {
    this.#entries.get(name)?.buffer.destroy();
    this.#entries.delete(name);
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  bytes(): number {
    return [...this.#entries.values()].reduce((sum, { buffer }) => sum + buffer.size, 0);
  }

  cost(spec: TensorSpec): number {
    return Math.max(16, bytesOf(spec));
  }

  dispose(): void {
    for (const name of this.names()) this.remove(name);
    this.reader.dispose();
  }

  buffer(name: string): GPUBuffer {
    return this.#entry(name).buffer;
  }

  #entry(name: string) {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`${name} is not in the store`);
    return entry;
  }
}
