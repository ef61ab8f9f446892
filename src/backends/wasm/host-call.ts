import type { HostTensor, Node } from '../../graph/op.ts';
import { bytesOf, sizeOf, type Tensor } from '../../graph/tensor.ts';
import { fromFloat32, toFloat32 } from '../../lib/half.ts';
import { packNibbles, unpackNibbles } from '../../lib/nibbles.ts';
import type { WasmMemory } from './memory.ts';

/** An op's reference function, on the tensors where they are. Packed dtypes are widened for the call. */
export function hostCall(node: Node, memory: WasmMemory, address: (tensor: Tensor) => number): () => void {
  const { op, inputs, outputs, attributes } = node;
  return () => {
    const read = inputs.map((tensor) => tensor && hostTensor(tensor, memory, address(tensor)));
    const written = outputs.map((tensor, index) => {
      const source = op.inPlace?.[index];
      return source === undefined ? hostTensor(tensor, memory, address(tensor)) : read[source]!;
    });
    op.reference(read, written, attributes);
    outputs.forEach((tensor, index) => narrow(tensor, written[index]!, memory, address(tensor)));
  };
}

/** What reference functions take: a view where that can be, a copy of what is packed. */
export function hostTensor({ dtype, shape }: Tensor, memory: WasmMemory, at: number): HostTensor {
  const count = sizeOf(shape);
  if (dtype === 'f32') return { shape, data: memory.floats(at, count) };
  if (dtype === 'i32') return { shape, data: memory.integers(at, count) };
  if (dtype === 'u32') return { shape, data: memory.words(at, count) };
  if (dtype === 'i4')
    return { shape, data: unpackNibbles(memory.bytes(at, bytesOf({ dtype, shape })), shape.at(-1)!) };
  return { shape, data: toFloat32(memory.bytes(at, 2 * count), dtype) };
}

/** Puts what was computed on a copy back in its place. */
function narrow({ dtype, shape }: Tensor, { data }: HostTensor, memory: WasmMemory, at: number): void {
  if (dtype === 'f32' || dtype === 'i32' || dtype === 'u32') return;
  const bytes =
    dtype === 'i4' ? packNibbles(data, shape.at(-1)!) : fromFloat32(data as Float32Array<ArrayBuffer>, dtype);
  memory.bytes(at, bytes.length).set(bytes);
}
