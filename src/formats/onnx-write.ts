/**
 * Writes ONNX models. Field numbers: onnx/onnx.proto (Apache-2.0), as of IR version 8.
 * Weights are in the file itself, or beside it where they are large: a protocol buffer ends at 2 GiB.
 */
import { assert } from '../lib/assert.ts';
import { lazyStream, Message, type LazyBytes } from './protobuf-write.ts';
import type { SizedStream } from './safetensors-write.ts';

/** Numbers of TensorProto.DataType. */
export const onnxTypes = { f32: 1, u8: 2, i64: 7, bool: 9, f16: 10 } as const;
export type OnnxType = keyof typeof onnxTypes;

export const onnxTypeBytes: Readonly<Record<OnnxType, number>> = { f32: 4, u8: 1, i64: 8, bool: 1, f16: 2 };

/** A stored tensor, row-major and little-endian. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** Called once, when the stream gets to it. */
  bytes(): Promise<Uint8Array>;
}

/** A number is an integer; floats say so. */
export type OnnxAttribute = number | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly op: string;
  /** Empty: ONNX's own operators. */
  readonly domain: string;
  readonly name: string;
  /** An optional input that is left out is empty. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** An input or output of the model; names stand for sizes that are only known when it runs. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly name: string;
  /** Operator sets by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

export interface OnnxFile extends SizedStream {
  readonly name: string;
}

export interface OnnxLayout {
  /** Weights of more bytes than that in all are put beside the model. */
  readonly inlineLimit: number;
  /** Bytes of a file of weights, unless a single tensor is larger. */
  readonly chunkLimit: number;
}

/** A file that a browser can hold in one buffer, with room to spare. */
const usualLayout: OnnxLayout = { inlineLimit: 2 ** 29, chunkLimit: 2 ** 30 };

/** Smaller tensors stay in the model in any case. */
const smallTensor = 1024;
/** External data begins where memory pages do, so that runtimes can map the file. */
const page = 4096;

/** The model as file `name`, and the files of weights beside it: `<name>_data`, `<name>_data_1`, … */
export function onnxFiles(model: OnnxModel, name: string, layout: OnnxLayout = usualLayout): OnnxFile[] {
  const weights = model.initializers.filter((tensor) => tensorBytes(tensor) >= smallTensor);
  const total = weights.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  const chunks = total > layout.inlineLimit ? chunksOf(weights, layout.chunkLimit) : [];
  const places = new Map<OnnxTensor, Place>();
  const beside = chunks.map((tensors, index) => {
    const file = index === 0 ? `${name}_data` : `${name}_data_${index}`;
    return dataFile(file, tensors, places);
  });
  const proto = modelMessage(model, places);
  return [{ name, size: proto.size, stream: proto.stream() }, ...beside];
}

interface Place {
  readonly file: string;
  readonly offset: number;
}

export const tensorBytes = ({ type, shape }: Pick<OnnxTensor, 'type' | 'shape'>): number =>
  shape.reduce((product, extent) => product * extent, onnxTypeBytes[type]);

const padded = (bytes: number) => Math.ceil(bytes / page) * page;

function chunksOf(tensors: readonly OnnxTensor[], limit: number): OnnxTensor[][] {
  const chunks: OnnxTensor[][] = [];
  let bytes = Infinity;
  for (const tensor of tensors) {
    const size = padded(tensorBytes(tensor));
    if (bytes + size > limit) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)!.push(tensor);
    bytes += size;
  }
  return chunks;
}

/** Notes where each tensor lies. */
function dataFile(name: string, tensors: readonly OnnxTensor[], places: Map<OnnxTensor, Place>): OnnxFile {
  const parts: (Uint8Array | LazyBytes)[] = [];
  let size = 0;
  for (const tensor of tensors) {
    places.set(tensor, { file: name.slice(name.lastIndexOf('/') + 1), offset: size });
    const bytes = tensorBytes(tensor);
    parts.push(contentOf(tensor), new Uint8Array(padded(bytes) - bytes));
    size += padded(bytes);
  }
  return { name, size, stream: lazyStream(parts) };
}

function modelMessage(model: OnnxModel, places: ReadonlyMap<OnnxTensor, Place>): Message {
  const message = new Message().integer(1, 8).string(2, 'Pare').message(7, graphMessage(model, places));
  for (const [domain, version] of Object.entries(model.opsets))
    message.message(8, new Message().string(1, domain).integer(2, version));
  return message;
}

function graphMessage(model: OnnxModel, places: ReadonlyMap<OnnxTensor, Place>): Message {
  const names = model.initializers.map((tensor) => tensor.name);
  assert(new Set(names).size === names.length, 'two initializers have one name');
  const graph = new Message();
  for (const node of model.nodes) graph.message(1, nodeMessage(node));
  graph.string(2, model.name);
  for (const tensor of model.initializers)
    graph.message(5, tensorMessage(tensor, places.get(tensor) ?? null));
  for (const value of model.inputs) graph.message(11, valueMessage(value));
  for (const value of model.outputs) graph.message(12, valueMessage(value));
  return graph;
}

function nodeMessage({ op, domain, name, inputs, outputs, attributes }: OnnxNode): Message {
  const node = new Message();
  for (const input of inputs) node.string(1, input);
  for (const output of outputs) node.string(2, output);
  node.string(3, name).string(4, op);
  for (const [key, value] of Object.entries(attributes)) node.message(5, attributeMessage(key, value));
  return domain === '' ? node : node.string(7, domain);
}

/** Numbers of AttributeProto.AttributeType. */
const attributeTypes = { float: 1, int: 2, ints: 7 } as const;

function attributeMessage(name: string, value: OnnxAttribute): Message {
  const message = new Message().string(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, attributeTypes.int);
  if ('float' in value) return message.float(2, value.float).integer(20, attributeTypes.float);
  for (const item of value) message.integer(8, item);
  return message.integer(20, attributeTypes.ints);
}

function tensorMessage(tensor: OnnxTensor, place: Place | null): Message {
  const message = new Message();
  for (const extent of tensor.shape) message.integer(1, extent);
  message.integer(2, onnxTypes[tensor.type]).string(8, tensor.name);
  if (!place) return message.bytes(9, contentOf(tensor));
  const entries = { location: place.file, offset: place.offset, length: tensorBytes(tensor) };
  for (const [key, value] of Object.entries(entries))
    message.message(13, new Message().string(1, key).string(2, String(value)));
  const external = 1;
  return message.integer(14, external);
}

const contentOf = (tensor: OnnxTensor): LazyBytes => ({
  size: tensorBytes(tensor),
  bytes: async () => {
    const bytes = await tensor.bytes();
    const expected = tensorBytes(tensor);
    assert(
      bytes.byteLength === expected,
      `${tensor.name} has ${bytes.byteLength} bytes instead of ${expected}`,
    );
    return bytes;
  },
});

function valueMessage({ name, type, shape }: OnnxValue): Message {
  const dims = new Message();
  for (const extent of shape) {
    const dim = new Message();
    dims.message(1, typeof extent === 'number' ? dim.integer(1, extent) : dim.string(2, extent));
  }
  const tensor = new Message().integer(1, onnxTypes[type]).message(2, dims);
  return new Message().string(1, name).message(2, new Message().message(1, tensor));
}
