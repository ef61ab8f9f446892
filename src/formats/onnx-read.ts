/**
 * Reads what Pare writes as ONNX: stored tensors, and nodes with their integer attributes. Whether the graph computes
 * what it should is not asked here: ONNX Runtime runs it in the tests (e2e/clients).
 * Field numbers: onnx/onnx.proto (Apache-2.0).
 */
import { PareError } from '../lib/assert.ts';
import { onnxTypeBytes, onnxTypes, type OnnxType } from './onnx-write.ts';
import { ProtobufFile, type Field, type Span } from './protobuf-read.ts';
import type { FileSource } from './source.ts';

export interface OnnxEntry {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

export interface OnnxNodeEntry {
  readonly op: string;
  readonly inputs: readonly string[];
  /** Those that are single integers. */
  readonly integers: ReadonlyMap<string, number>;
}

export interface OnnxContent {
  readonly nodes: readonly OnnxNodeEntry[];
  readonly tensors: ReadonlyMap<string, OnnxEntry>;
}

/** `beside`: where weights may be that are not in the file itself. */
export async function readOnnx(model: FileSource, beside: readonly FileSource[] = []): Promise<OnnxContent> {
  return new OnnxReader(model, beside).read();
}

const typesByNumber = new Map<number, OnnxType>(
  Object.entries(onnxTypes).map(([type, number]) => [number, type as OnnxType]),
);

class OnnxReader {
  readonly #model: FileSource;
  readonly #file: ProtobufFile;
  readonly #beside: ReadonlyMap<string, FileSource>;

  constructor(model: FileSource, beside: readonly FileSource[]) {
    this.#model = model;
    this.#file = new ProtobufFile(model);
    this.#beside = new Map(beside.map((file) => [file.name, file]));
  }

  async read(): Promise<OnnxContent> {
    const nodes: OnnxNodeEntry[] = [];
    const tensors = new Map<string, OnnxEntry>();
    for await (const field of this.#file.fields(await this.#graph())) {
      if (field.number === 1) nodes.push(await this.#node(field));
      if (field.number !== 5) continue;
      const tensor = await this.#tensor(field);
      if (tensors.has(tensor.name)) throw this.#damaged(field, `two tensors are called ${tensor.name}`);
      tensors.set(tensor.name, tensor);
    }
    return { nodes, tensors };
  }

  async #graph(): Promise<Span> {
    for await (const field of this.#file.fields(this.#file.whole))
      if (field.number === 7 && field.delimited) return field;
    throw this.#file.damaged(0, 'there is no graph');
  }

  async #node(message: Span): Promise<OnnxNodeEntry> {
    const inputs: string[] = [];
    const integers = new Map<string, number>();
    let op = '';
    for await (const field of this.#file.fields(message)) {
      if (field.number === 1) inputs.push(await this.#text(field));
      if (field.number === 4) op = await this.#text(field);
      if (field.number === 5) await this.#attribute(field, integers);
    }
    return { op, inputs, integers };
  }

  async #attribute(message: Span, integers: Map<string, number>): Promise<void> {
    let name = '';
    let value: number | null = null;
    for await (const field of this.#file.fields(message)) {
      if (field.number === 1) name = await this.#text(field);
      if (field.number === 3) value = field.integer;
    }
    if (value !== null) integers.set(name, value);
  }

  async #tensor(message: Field): Promise<OnnxEntry> {
    const shape: number[] = [];
    const external = new Map<string, string>();
    let [name, type, content]: [string, number, Span | null] = ['', 0, null];
    for await (const field of this.#file.fields(message)) {
      if (field.number === 1) shape.push(field.integer);
      if (field.number === 2) type = field.integer;
      if (field.number === 8) name = await this.#text(field);
      if (field.number === 9 && field.delimited) content = field;
      if (field.number === 13) external.set(...(await this.#entry(field)));
    }
    const known = typesByNumber.get(type);
    if (!known) throw this.#damaged(message, `tensor ${name} has data type ${type}`);
    const bytes = this.#bytes(message, name, known, shape);
    const place =
      external.size > 0 ? this.#outside(message, name, external) : this.#inside(message, name, content);
    if (place.end - place.begin !== bytes)
      throw this.#damaged(
        message,
        `tensor ${name} [${shape.join(', ')}] has ${place.end - place.begin} bytes instead of ${bytes}`,
      );
    return { name, type: known, shape, read: () => place.source.read(place.begin, place.end) };
  }

  #bytes(at: Span, name: string, type: OnnxType, shape: readonly number[]): number {
    const bytes = shape.reduce((product, extent) => product * extent, onnxTypeBytes[type]);
    if (shape.length <= 8 && shape.every((extent) => extent >= 0) && Number.isSafeInteger(bytes))
      return bytes;
    throw this.#damaged(at, `tensor ${name} has shape [${shape.slice(0, 8).join(', ')}]`);
  }

  #inside(at: Span, name: string, content: Span | null): Span & { source: FileSource } {
    if (!content) throw this.#damaged(at, `tensor ${name} has no raw_data`);
    return { begin: content.begin, end: content.end, source: this.#model };
  }

  #outside(at: Span, name: string, entries: ReadonlyMap<string, string>): Span & { source: FileSource } {
    const location = entries.get('location') ?? '';
    const source = this.#beside.get(location);
    if (!source) {
      throw new PareError(
        'onnx-data-missing',
        `${this.#model.path}: the weights of ${name} are in ${location.slice(0, 200)}, which is not here.`,
        'Open the model together with the files of weights beside it.',
      );
    }
    const [begin, length] = ['offset', 'length'].map((key) => Number(entries.get(key) ?? Number.NaN));
    const end = begin! + length!;
    if (Number.isSafeInteger(begin) && begin! >= 0 && length! >= 0 && end <= source.size)
      return { begin: begin!, end, source };
    throw this.#damaged(
      at,
      `the weights of ${name} are at bytes ${begin} to ${end} of the ${source.size} of ${location}`,
    );
  }

  async #entry(message: Span): Promise<[string, string]> {
    let [key, value] = ['', ''];
    for await (const field of this.#file.fields(message)) {
      if (field.number === 1) key = await this.#text(field);
      if (field.number === 2) value = await this.#text(field);
    }
    return [key, value];
  }

  #text(field: Field): Promise<string> {
    if (!field.delimited) throw this.#damaged(field, `field ${field.number} is not a text`);
    return this.#file.text(field);
  }

  #damaged(at: Span, problem: string): PareError {
    return this.#file.damaged(at.begin, problem);
  }
}
