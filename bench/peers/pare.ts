import type { Backend } from '../../src/backends/backend.ts';
import { Graph } from '../../src/graph/graph.ts';
import { matmul } from '../../src/kernels/ops.ts';
import type { Contender } from './contender.ts';

/** Ours: the matmul of a linear module, W kept as [columns, inner] like in a checkpoint. */
export function openPare(backend: Backend): Contender {
  return {
    name: 'pare',
    async prepare({ shape: [rows, inner, columns], x, w }) {
      const graph = new Graph();
      const attributes = {
        orientation: 'nt',
        scale: 1,
        innerLimit: null,
        outerLimit: null,
        rowsPerSequence: rows,
      } as const;
      const [y] = graph.apply(
        matmul,
        [
          graph.input('x', 'f32', [rows, inner]),
          graph.input('w', 'f32', [columns, inner]),
          null,
          null,
          null,
          null,
        ],
        attributes,
      );
      graph.output('y', y!);
      const store = backend.createStore();
      const program = await backend.compile(graph, store);
      program.write('x', x);
      program.write('w', transposed(w, inner, columns));
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

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(
    { length: rows * columns },
    (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!,
  );
}
