/** GPTQ and round-to-nearest of one layer on given inputs, on any backend. */
import type { Backend } from '../../backends/backend.ts';
import { Pacer } from '../../backends/pacer.ts';
import { Graph } from '../../graph/graph.ts';
import { matmulInto } from '../../kernels/ops.ts';
import type { GridKind } from '../../kernels/quantize/grid.ts';
import { quantizeOn } from '../../kernels/quantize/run.testing.ts';
import { fromFloat32, toFloat32 } from '../../lib/half.ts';
import { unpackNibbles } from '../../lib/nibbles.ts';
import { codesName, gridName, maskName } from '../../models/elastic.ts';
import { compensateModule, factorInStore } from './gptq.ts';

export interface Layer {
  readonly rows: number;
  readonly columns: number;
  readonly weight: Float32Array<ArrayBuffer>;
  /** [sequences · tokens, columns] */
  readonly inputs: Float32Array<ArrayBuffer>;
  readonly sequences: number;
  /** Bits, rows padded to whole words. */
  readonly mask?: Uint32Array<ArrayBuffer>;
  readonly dtype?: 'f32' | 'f16' | 'bf16';
}

export interface QuantizedLayer {
  readonly codes: Uint32Array;
  readonly grid: Float32Array;
  /** Ŵ */
  readonly values: Float64Array;
}

const hessian = 'hessian';
const module = 'm';

export async function compensateOn(
  backend: Backend,
  layer: Layer,
  options: GridKind & { readonly group: number; readonly damping: number },
): Promise<QuantizedLayer> {
  const { rows, columns, weight, mask, sequences, dtype = 'f32' } = layer;
  const store = backend.createStore();
  const device = { backend, store, pacer: new Pacer(backend) };
  store.allocate(`${module}.weight`, { dtype, shape: [rows, columns] });
  store.write(`${module}.weight`, fromFloat32(weight, dtype));
  if (mask) {
    store.allocate(maskName(module), { dtype: 'u32', shape: [rows, Math.ceil(columns / 32)] });
    store.write(maskName(module), mask);
  }
  await sumProducts(backend, store, layer);
  await factorInStore(device, hessian, sequences, options.damping);
  await compensateModule(device, module, { ...options, factor: hessian, masked: mask !== undefined });
  const codes = unpackNibbles(await store.read(codesName(module)), columns);
  const grid = toFloat32(await store.read(gridName(module)), 'f32');
  store.dispose();
  return { codes, grid, values: dequantized(layer, codes, grid, options.group) };
}

/** Σ x·xᵀ, a sequence a run. */
async function sumProducts(
  backend: Backend,
  store: ReturnType<Backend['createStore']>,
  { columns, inputs, sequences }: Layer,
): Promise<void> {
  const shape = [columns, columns];
  const tokens = inputs.length / columns / sequences;
  store.allocate(hessian, { dtype: 'f32', shape });
  const graph = new Graph();
  const x = graph.input('x', 'f32', [tokens, columns]);
  const sums = graph.stored(hessian, 'f32', shape);
  graph.apply(matmulInto, [x, x, sums, null, null, null], {
    orientation: 'tn',
    scale: 1,
    innerLimit: null,
    outerLimit: null,
    rowsPerSequence: 1,
  });
  const program = await backend.compile(graph, store);
  for (let i = 0; i < sequences; i++) {
    program.write('x', inputs.slice(i * tokens * columns, (i + 1) * tokens * columns));
    program.run();
  }
  program.dispose();
}

export async function roundOn(
  backend: Backend,
  layer: Layer,
  options: GridKind & { readonly group: number },
): Promise<QuantizedLayer> {
  const { rows, columns, weight, mask } = layer;
  const { codes, grid } = await quantizeOn(
    backend,
    { rows, columns, values: weight, ...(mask ? { mask } : {}) },
    options.group,
    options,
  );
  return { codes, grid, values: dequantized(layer, codes, grid, options.group) };
}

function dequantized(
  { rows, columns }: Layer,
  codes: Uint32Array,
  grid: Float32Array,
  group: number,
): Float64Array {
  const groups = Math.ceil(columns / group);
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const cell = 2 * (Math.floor(i / columns) * groups + Math.floor((i % columns) / group));
    return grid[cell]! * (codes[i]! - grid[cell + 1]!);
  });
}

/** ‖X·(W − Ŵ)ᵀ‖² / ‖X·Wᵀ‖², W being what the mask keeps. */
export function outputError(layer: Layer, values: ArrayLike<number>): number {
  const { rows, columns, weight, inputs } = layer;
  const kept = keptWeights(layer);
  let error = 0;
  let whole = 0;
  for (let token = 0; token < inputs.length / columns; token++) {
    for (let row = 0; row < rows; row++) {
      let [y, difference] = [0, 0];
      for (let c = 0; c < columns; c++) {
        const at = row * columns + c;
        const w = kept[at] ? weight[at]! : 0;
        y += inputs[token * columns + c]! * w;
        difference += inputs[token * columns + c]! * (w - values[at]!);
      }
      error += difference ** 2;
      whole += y ** 2;
    }
  }
  return error / whole;
}

export function keptWeights({ rows, columns, mask }: Layer): boolean[] {
  const words = Math.ceil(columns / 32);
  return Array.from({ length: rows * columns }, (_, i) => {
    const column = i % columns;
    return !mask || ((mask[Math.floor(i / columns) * words + (column >> 5)]! >>> (column & 31)) & 1) === 1;
  });
}
