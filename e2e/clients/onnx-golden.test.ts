import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeFolder } from '../../src/cli/node-files.ts';
import { folderOf } from '../../src/exporters/onnx/exporter.ts';
import { hasShared, readSharedJson, sharedPath } from '../../src/lib/golden.testing.ts';
import { argMax, expectClose, perplexity } from './compare.ts';
import { asFinished } from './finished.ts';
import { OnnxDecoder } from './onnx-session.ts';
import { continuedBy } from './transformers.ts';
import { written } from './written.ts';

interface Sequence {
  ids: number[];
  ce_sum_float64: number;
  ce_count: number;
  positions: number[];
  logits: number[][];
  greedy: number[];
}

const families = hasShared()
  ? readdirSync(sharedPath('golden'))
      .filter((name) => existsSync(sharedPath(`golden/${name}/model.safetensors`)))
      .map((name) => ({ folder: `golden/${name}`, golden: `golden/${name}/golden.json` }))
  : [];
const trained = { folder: 'models/stories260K-hf', golden: 'golden/real/stories260K.json' };

describe.skipIf(!hasShared())('ONNX Runtime and transformers.js against the transformers library', () => {
  it.each([...families, trained])('$folder', async ({ folder, golden }) => {
    const model = await asFinished(await nodeFolder(sharedPath(folder)));
    const exported = await written(folderOf(model, ''));
    const decoder = await OnnxDecoder.open(`${exported}/onnx/model.onnx`);
    const { sequences } = readSharedJson<{ sequences: Sequence[] }>(golden);
    for (const sequence of sequences) await expectAlone(decoder, sequence);
    await expectTogether(decoder, sequences);
    await decoder.release();
    const { ids, greedy } = sequences[0]!;
    expect(await continuedBy(exported, ids, greedy.length)).toEqual([...ids, ...greedy]);
  });
});

/** Logits and perplexity of the prompt, and the arg-max continuation token by token with the cache. */
async function expectAlone(decoder: OnnxDecoder, sequence: Sequence): Promise<void> {
  const { ids, positions, logits, greedy } = sequence;
  decoder.reset();
  const [rows] = await decoder.run([ids]);
  const expected = Math.exp(sequence.ce_sum_float64 / sequence.ce_count);
  if (ids.length > 1) expect(Math.abs(perplexity(ids, rows!) / expected - 1)).toBeLessThan(1e-4);
  positions.forEach((position, i) => expectClose(rows![position]!, logits[i]!));
  const found = [argMax(rows!.at(-1)!)];
  while (found.length < greedy.length) {
    const [next] = await decoder.run([[found.at(-1)!]]);
    found.push(argMax(next![0]!));
  }
  expect(found).toEqual(greedy);
}

/** The same as one batch, padded on the left: last logits, and one step with the cache. */
async function expectTogether(decoder: OnnxDecoder, sequences: readonly Sequence[]): Promise<void> {
  decoder.reset();
  const length = Math.max(...sequences.map(({ ids }) => ids.length));
  const padding = sequences.map(({ ids }) => Array.from({ length: length - ids.length }, () => 0));
  expect(new Set(padding.map((pad) => pad.length)).size).toBeGreaterThan(1);
  const ids = sequences.map((sequence, i) => [...padding[i]!, ...sequence.ids]);
  const mask = sequences.map((sequence, i) => [...padding[i]!, ...sequence.ids.map(() => 1)]);
  const rows = await decoder.run(ids, mask);
  sequences.forEach(({ logits }, i) => expectClose(rows[i]!.at(-1)!, logits.at(-1)!));
  const further = sequences.map(({ greedy }) => [greedy[0]!]);
  const next = await decoder.run(
    further,
    mask.map((row) => [...row, 1]),
  );
  expect(next.map(([row]) => argMax(row!))).toEqual(sequences.map(({ greedy }) => greedy[1]));
}
