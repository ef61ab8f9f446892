import { describe, expect, it } from 'vitest';
import { configOf } from '../../models/config.testing.ts';
import { ropeTables } from '../../models/rope.ts';
import { tinyConfigs } from '../../models/tiny-configs.testing.ts';
import { rotation, tabledPositions } from './attention.ts';
import { OnnxGraph } from './graph.ts';

const mistral = (positions: number) => configOf({ ...tinyConfigs[0], max_position_embeddings: positions });

describe('rotary tables', () => {
  it.each([
    [64, 64],
    [2 ** 20, 32_768],
  ])('of %d positions have %d rows', async (positions, rows) => {
    const config = mistral(positions);
    expect(tabledPositions(config)).toBe(rows);
    const graph = new OnnxGraph();
    rotation(graph, config, 'position_ids');
    const { initializers } = graph.finish('tables');
    const expected = ropeTables(config, rows);
    for (const kind of ['cos', 'sin'] as const) {
      const table = initializers.find(({ name }) => name === `rope.${kind}`)!;
      expect(table.shape).toEqual([rows, 4]);
      const bytes = await table.bytes();
      expect(Buffer.from(bytes).equals(Buffer.from(expected[kind].buffer))).toBe(true);
    }
  });
});
