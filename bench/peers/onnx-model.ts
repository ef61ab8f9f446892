import type { MatmulShape } from '../matmul.ts';

/**
 * An ONNX model of one MatMul, y = x·w with constant w, written as protobuf by hand: a library would be larger than
 * this file. Field numbers are those of onnx.proto3.
 */
export function matmulModel([rows, inner, columns]: MatmulShape, w: Float32Array<ArrayBuffer>): Uint8Array {
  const node = [text(1, 'x'), text(1, 'w'), text(2, 'y'), text(4, 'MatMul')];
  const weight = [
    number(1, inner),
    number(1, columns),
    number(2, 1),
    text(8, 'w'),
    bytes(9, new Uint8Array(w.buffer, w.byteOffset, w.byteLength)),
  ];
  const graph = [
    message(1, node),
    text(2, 'matmul'),
    message(5, weight),
    value(11, 'x', [rows, inner]),
    value(12, 'y', [rows, columns]),
  ];
  const opset = [text(1, ''), number(2, 17)];
  return join([number(1, 8), message(7, graph), message(8, opset)]);
}

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
