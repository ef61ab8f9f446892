import {
  heuristicGenome,
  maximalGenome,
  minimalGenome,
  subNetworkOf,
  type Genome,
} from '../../search/space.ts';
import type { ResultRow } from '../../session/events.ts';
import { shippedZeros } from '../../compression/merging/zeros.ts';
import { measureSpeedup } from '../../evaluation/latency.ts';
import type { BaseForm } from '../../models/elastic.ts';
import type { Runnable } from '../../models/runnable.ts';
import { finishModel } from '../finished-model.ts';
import { originalModel } from '../model.ts';
import { plainNetwork } from '../result-row.ts';
import { progress, type RunContext } from '../run-context.ts';
import { presets } from '../presets.ts';
import { shippedBytes } from '../shipped-bytes.ts';
import { mergeable, subNetworkModel, type Trained } from '../trained.ts';
import { emitResult } from './result.ts';
import type { SearchOutcome } from './search.ts';

const speedPairs = 5;

/** Rows of the untuned base on the test split: as it was opened and, where it was compressed, as it is now. */
export async function testUntuned(run: RunContext, { masked, quantized }: BaseForm): Promise<void> {
  // Whatever else is known of the base (adapters, above all) has no part in it.
  const base = { masked, quantized };
  const original = originalModel(run.model);
  const rows: [Runnable, ResultRow['tag'], string][] = [[original, 'untuned-dense', 'w/o tune']];
  if (isCompressed(run, base)) rows.push([{ ...original, ...base }, 'untuned', 'w/o tune, compressed']);
  for (const [model, tag, label] of rows) {
    const facts = { genome: null, subNetwork: plainNetwork, merged: true, speedup: null, bytes: null };
    await emitResult(run, tag, model, async () => {
      const zeros = model === original ? originalZeros(run) : await shippedZeros(model);
      return { ...facts, label, tag, zeros, quantized: model.quantized.size > 0 };
    });
  }
}

/** Zeros of the blocks' linear modules as the model was opened. */
function originalZeros({ model: { structure, sparsity } }: RunContext): number {
  const inBlocks = structure.modules.filter(({ role }) => role !== 'head');
  return Math.round(sparsity * inBlocks.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0));
}

/** Whether the base is not what it was when it was opened. */
export const isCompressed = ({ model }: RunContext, { masked, quantized }: BaseForm): boolean =>
  masked.size > 0 || quantized.size > model.quantized.size;

/** Rows of the reference sub-networks and of the most accurate one, on the test split that nothing has seen. */
export async function testSubNetworks(
  run: RunContext,
  trained: Trained,
  outcome: SearchOutcome,
): Promise<void> {
  const { space } = trained.elastic;
  const rows: [ResultRow['tag'], Genome][] = [
    ['heuristic', heuristicGenome(space)],
    ['maximal', maximalGenome(space)],
    ['minimal', minimalGenome(space)],
    ['best', outcome.best.genome],
  ];
  for (const [index, [tag, genome]] of rows.entries()) {
    const label = `${presets[run.recipe.method].label} ${tag}`;
    const network = subNetworkModel(run.model, trained, genome);
    const facts = { tag, label, speedup: null };
    await emitResult(run, tag, network, async () => ({
      ...(await describe(run, trained, genome)),
      ...facts,
    }));
    progress(run, 'test', index + 2);
  }
}

/**
 * Makes a sub-network the chosen one: builds it as it ships, scores it on the test split, and measures its speed
 * beside the original's. The caller owns (and disposes of) the store of what is returned.
 */
export async function testChosen(
  run: RunContext,
  trained: Trained,
  genome: Genome,
  names: Iterable<string>,
): Promise<Runnable> {
  const finished = await finishModel(subNetworkModel(run.model, trained, genome), names, mergeable(trained));
  try {
    await testFinished(run, trained, genome, finished);
    return finished;
  } catch (error) {
    finished.store.dispose();
    throw error;
  }
}

async function testFinished(
  run: RunContext,
  trained: Trained,
  genome: Genome,
  finished: Runnable,
): Promise<void> {
  const { data, model, recipe } = run;
  const { batch, length } = data.evaluationShape;
  const name = presets[recipe.method].label;
  const label = recipe.method === 'lora' ? name : `${name} chosen`;
  await emitResult(run, chosenKey(genome), finished, async () => {
    const { ratio } = await measureSpeedup(
      originalModel(model),
      finished,
      { sequences: batch, length, pairs: speedPairs },
      run.control.checkpoint,
    );
    return { ...(await describe(run, trained, genome)), label, tag: 'chosen', speedup: ratio };
  });
}

/** The row of a sub-network that was chosen; `chosenIn` reads it again. */
const chosenKey = (genome: Genome) => `chosen ${genome.join(',')}`;

/** The sub-network whose row a recorded step is; null where it is another step. */
export function chosenIn(key: string | null): Genome | null {
  const found = /^result chosen ([\d,]*)$/.exec(key ?? '');
  if (!found) return null;
  return found[1] === '' ? [] : found[1]!.split(',').map(Number);
}

async function describe(run: RunContext, trained: Trained, genome: Genome) {
  const network = subNetworkModel(run.model, trained, genome);
  return {
    genome,
    subNetwork: subNetworkOf(trained.elastic, genome),
    zeros: await shippedZeros(network),
    merged: mergeable(trained),
    quantized: trained.quantized.size > 0,
    bytes: shippedBytes(run, trained, genome),
  };
}
