import { columnSquares } from '../../kernels/ops.ts';
import { denseBase } from '../../models/elastic.ts';
import { scratchName, type BlockWalk, type Calibration } from './block-walk.ts';

export const squaresName = (module: string) => scratchName(`squares.${module}`);

/** Leaves Σ x² of each linear module's input columns in the store, under `squaresName`. Returns the modules. */
export async function measureSquares(
  { store }: Calibration,
  walk: BlockWalk,
  layer: number,
): Promise<string[]> {
  const modules = new Set<string>();
  await walk.observe(layer, denseBase, (graph, { batch, length }) => {
    const lengths = graph.input('lengths', 'i32', [batch]);
    return (module, input) => {
      const name = squaresName(module);
      const shape = [input.shape.at(-1)!];
      store.allocate(name, { dtype: 'f32', shape });
      graph.apply(columnSquares, [graph.stored(name, 'f32', shape), input, lengths], {
        rowsPerSequence: length,
      });
      modules.add(module);
    };
  });
  return [...modules];
}
