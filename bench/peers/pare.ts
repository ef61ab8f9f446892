import type { Backend } from '../../src/backends/backend.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { DType } from '../../src/graph/tensor.ts';
import { gridSpec } from '../../src/kernels/int4.ts';
import { matmul } from '../../src/kernels/ops.ts';
import type { Contender, Operands } from './contender.ts';

/** Ours: the kernel of the family, W kept as in a checkpoint ([columns, inner] for `nt`), in its own form. */
export function openPare(backend: Backend): Contender {
  return {
    name: 'pare',
    async prepare(operands) {
      const { family, shape, x } = operands;
      const [rows, inner] = shape;
      const graph = new Graph();
      const store = backend.createStore();
      const hold = (name: string, dtype: DType, extents: number[], data: ArrayBufferView<ArrayBuffer>) => {
        store.allocate(name, { dtype, shape: extents });
        store.write(name, data);
        return graph.stored(name, dtype, extents);
      };
      const attributes = {
        orientation: family,
        scale: 1,
        innerLimit: null,
        outerLimit: null,
        rowsPerSequence: family === 'tn' ? inner : rows,
      } as const;
      const left =
        family === 'tn'
          ? hold('x', 'f32', [inner, rows], transposed(x, rows, inner))
          : hold('x', 'f32', [rows, inner], x);
      const { dtype, extents, data } = weightOf(operands);
      const right = hold('w', dtype, extents, data);
      const grid = operands.grid ? gridOf(operands, extents, operands.grid) : null;
      const cells = grid && hold('grid', 'f32', [...grid.spec.shape], grid.data);
      graph.output('y', graph.apply(matmul, [left, right, null, null, null, null, cells], attributes)[0]!);
      const program = await backend.compile(graph, store);
      return {
        async run(times) {
          for (let i = 0; i < times; i++) program.run();
          await backend.idle();
        },
        result() {
          program.run();
          return program.read('y');
        },
        dispose() {
          program.dispose();
          store.dispose();
        },
      };
    },
  };
}

function weightOf({ shape: [, inner, columns], family, form, w, codes }: Operands): {
  dtype: DType;
  extents: number[];
  data: ArrayBufferView<ArrayBuffer>;
} {
  const extents = family === 'nt' ? [columns, inner] : [inner, columns];
  if (codes) return { dtype: 'i4', extents, data: codes };
  const values = family === 'nt' ? transposed(w, inner, columns) : w;
  if (form !== 'bf16') return { dtype: 'f32', extents, data: values };
  const bits = new Uint32Array(values.buffer);
  return { dtype: 'bf16', extents, data: Uint16Array.from(bits, (word) => word >>> 16) };
}

const gridOf = ({ form }: Operands, extents: number[], data: Float32Array<ArrayBuffer>) => ({
  spec: gridSpec(extents, typeof form === 'object' ? form.group : 0),
  data,
});

function transposed(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length: rows * columns },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!,
  );
}
