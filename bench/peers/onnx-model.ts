import type { MatmulShape } from '../matmul.ts';

/**
 * ONNX models of one product, y = x·w with constant w, written as protobuf by hand: a library would be larger than this
 * file. Field numbers are those of onnx.proto3.
 */
export function matmulModel(shape: MatmulShape, w: Float32Array<ArrayBuffer>): Uint8Array {
  const [, inner, columns] = shape;
  const node = [text(1, 'x'), text(1, 'w'), text(2, 'y'), text(4, 'MatMul')];
  return model(shape, node, [constant('w', floats, [inner, columns], w)]);
}

/** com.microsoft's MatMulNBits: two codes a byte, the low nibble first, [columns, groups, bytes of a group]. */
export function matmulNBitsModel(
  shape: MatmulShape,
  { packed, scales, zeros, group }: PackedInt4,
): Uint8Array {
  const [, inner, columns] = shape;
  const groups = Math.ceil(inner / group);
  const names = ['x', 'w', 'scales', 'zeros'].map((name) => text(1, name));
  const settings = [
    attribute('K', inner),
    attribute('N', columns),
    attribute('bits', 4),
    attribute('block_size', group),
  ];
  const node = [...names, text(2, 'y'), text(4, 'MatMulNBits'), ...settings, text(7, 'com.microsoft')];
  return model(shape, node, [
    constant('w', octets, [columns, groups, group / 2], packed),
    constant('scales', floats, [columns * groups], scales),
    constant('zeros', octets, [columns * Math.ceil(groups / 2)], zeros),
  ]);
}

/** Codes and grid of W [columns, inner], in groups along inner. */
export interface PackedInt4 {
  readonly group: number;
  readonly packed: Uint8Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
  /** Two a byte, rows padded to whole bytes. */
  readonly zeros: Uint8Array<ArrayBuffer>;
}

/** Element types of TensorProto. */
const [floats, octets] = [1, 2];

function model(
  [rows, inner, columns]: MatmulShape,
  node: readonly Uint8Array[],
  constants: readonly Uint8Array[],
): Uint8Array {
  const graph = [
    message(1, node),
    text(2, 'matmul'),
    ...constants,
    value(11, 'x', [rows, inner]),
    value(12, 'y', [rows, columns]),
  ];
  const opset = (domain: string, version: number) => message(8, [text(1, domain), number(2, version)]);
  return join([number(1, 8), message(7, graph), opset('', 17), opset('com.microsoft', 1)]);
}

function constant(
  name: string,
  type: number,
  shape: readonly number[],
  data: ArrayBufferView<ArrayBuffer>,
): Uint8Array {
  const content = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message(5, [
    ...shape.map((extent) => number(1, extent)),
    number(2, type),
    text(8, name),
    bytes(9, content),
  ]);
}

/** An integer. */
const attribute = (name: string, given: number): Uint8Array =>
  message(5, [text(1, name), number(3, given), number(20, 2)]);

/** ValueInfoProto of a float tensor. */
function value(field: number, name: string, shape: readonly number[]): Uint8Array {
  const dimensions = shape.map((extent) => message(1, [number(1, extent)]));
  const tensor = [number(1, 1), message(2, dimensions)];
  return message(field, [text(1, name), message(2, [message(1, tensor)])]);
}

function number(field: number, given: number): Uint8Array {
  return join([varint(field * 8), varint(given)]);
}

function bytes(field: number, content: Uint8Array): Uint8Array {
  return join([varint(field * 8 + 2), varint(content.length), content]);
}

const text = (field: number, content: string): Uint8Array => bytes(field, new TextEncoder().encode(content));

const message = (field: number, parts: readonly Uint8Array[]): Uint8Array => bytes(field, join(parts));

function varint(given: number): Uint8Array {
  const digits: number[] = [];
  let rest = given;
  for (; rest >= 128; rest = Math.floor(rest / 128)) digits.push((rest % 128) + 128);
  return Uint8Array.of(...digits, rest);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
