import type { Backend } from '../../backends/backend.ts';
import { Graph } from '../../graph/graph.ts';
import { fromFloat32, toFloat32, type FloatDtype } from '../../lib/half.ts';
import { unpackNibbles } from '../../lib/nibbles.ts';
import { gridSpec } from '../int4.ts';
import { quantizeRows } from '../ops.ts';
import type { GridKind } from './grid.ts';

export interface Weights {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array<ArrayBuffer>;
  readonly dtype?: FloatDtype;
  /** Bits, rows padded to whole words. */
  readonly mask?: Uint32Array<ArrayBuffer>;
}

export interface Quantized {
  readonly codes: Uint32Array;
  /** [rows, 2 · groups] */
  readonly grid: Float32Array;
}

/** Round-to-nearest by the op, on any backend. */
export async function quantizeOn(
  backend: Backend,
  { rows, columns, values, dtype = 'f32', mask }: Weights,
  group: number,
  kind: GridKind,
): Promise<Quantized> {
  const shape = [rows, columns];
  const store = backend.createStore();
  const graph = new Graph();
  const grid = gridSpec(shape, group);
  const maskShape = [rows, Math.ceil(columns / 32)];
  store.allocate('codes', { dtype: 'i4', shape });
  store.allocate('grid', grid);
  store.allocate('w', { dtype, shape });
  store.write('w', fromFloat32(values, dtype));
  if (mask) {
    store.allocate('mask', { dtype: 'u32', shape: maskShape });
    store.write('mask', mask);
  }
  const operands = [
    graph.stored('codes', 'i4', shape),
    graph.stored('grid', 'f32', grid.shape),
    graph.stored('w', dtype, shape),
    mask ? graph.stored('mask', 'u32', maskShape) : null,
  ];
  graph.apply(quantizeRows, operands, kind);
  const program = await backend.compile(graph, store);
  program.run();
  const codes = unpackNibbles(await store.read('codes'), columns);
  const found = toFloat32(await store.read('grid'), 'f32');
  program.dispose();
  store.dispose();
  return { codes, grid: found };
}
