import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeFolder } from '../../src/cli/node-files.ts';
import { folderOf } from '../../src/exporters/onnx/exporter.ts';
import { architectures } from '../../src/models/architectures/index.ts';
import { hasShared, readSharedJson, sharedPath } from '../../src/lib/golden.testing.ts';
import { asFinished } from './finished.ts';
import { OnnxDecoder } from './onnx-session.ts';
import { written } from './written.ts';

interface Golden {
  sequences: { ids: number[]; positions: number[]; logits: number[][]; greedy: number[] }[];
}

const families = hasShared()
  ? readdirSync(sharedPath('golden')).filter((name) =>
      existsSync(sharedPath(`golden/${name}/model.safetensors`)),
    )
  : ['llama'];

describe.skipIf(!hasShared())('ONNX Runtime against the transformers library', () => {
  for (const family of families) {
    it.skipIf(!isKnown(family))(family, async () => {
      const model = await asFinished(await nodeFolder(sharedPath(`golden/${family}`)));
      const folder = await written(folderOf(model, ''));
      const decoder = await OnnxDecoder.open(`${folder}/onnx/model.onnx`);
      for (const { ids, positions, logits, greedy } of readSharedJson<Golden>(`golden/${family}/golden.json`)
        .sequences) {
        decoder.reset();
        const [rows] = await decoder.run([ids]);
        positions.forEach((position, i) => expectClose(rows![position]!, logits[i]!));
        expect(await continued(decoder, rows!.at(-1)!, greedy.length)).toEqual(greedy);
      }
      await decoder.release();
    });
  }
});

function isKnown(family: string): boolean {
  if (!hasShared()) return false;
  const { model_type: type } = readSharedJson<{ model_type: string }>(`golden/${family}/config.json`);
  return architectures.some(({ modelTypes }) => modelTypes.includes(type));
}

/** The arg-max continuation, token by token with the cache. */
async function continued(decoder: OnnxDecoder, last: Float32Array, count: number): Promise<number[]> {
  const ids = [argMax(last)];
  while (ids.length < count) {
    const [rows] = await decoder.run([[ids.at(-1)!]]);
    ids.push(argMax(rows![0]!));
  }
  return ids;
}

const argMax = (row: Float32Array) => row.indexOf(Math.max(...row));

/** The tolerance that golden/README.md calls fair for float32. */
function expectClose(found: Float32Array, expected: readonly number[]): void {
  expect(found.length).toBe(expected.length);
  const worst = expected.reduce(
    (most, value, i) => Math.max(most, Math.abs(found[i]! - value) - 2e-5 * Math.abs(value)),
    0,
  );
  expect(worst).toBeLessThanOrEqual(1e-4);
}
