import { Evaluator } from '../../evaluation/evaluator.ts';
import { Generator } from '../../evaluation/generate.ts';
import { Random } from '../../lib/random.ts';
import { plainModel, type Runnable } from '../../models/runnable.ts';
import { sampleLimits } from '../../training/sampling.ts';
import { SupernetTrainer } from '../../training/trainer.ts';
import type { Figure, MeasureOptions } from '../../backends/measure/figures.ts';
import { elapsed, interleaved, spreadOf } from '../../backends/measure/timing.ts';
import { fullModel, type Workload } from './workload.ts';

const stepsAPortion = 4;

/** A part of the studio that makes tokens: how long it took to build, and one measured portion of it. */
interface Maker {
  readonly label: string;
  readonly unit: string;
  /** Milliseconds. */
  readonly compile: Readonly<Record<string, number>>;
  /** Tokens a second of one portion, or what `unit` says. */
  readonly portion: () => Promise<number>;
  readonly dispose: () => void;
}

/** The trainer, the evaluator and the generator of the studio, as the studio uses them: batches, limits, reads and all. */
export async function measureThroughput(workload: Workload, options: MeasureOptions): Promise<Figure[]> {
  const model = fullModel(workload);
  const makers = [await trainingMaker(workload, model), await evaluationMaker(workload, model)];
  if (workload.prompt) makers.push(await decodingMaker(workload, workload.prompt));
  const measured = await portionsOf(makers, options);
  const cold = makers.flatMap(({ compile }) => Object.entries(compile));
  return [
    ...makers.map(({ label, unit }, index) => ({ label, unit, value: spreadOf(measured[index]!) })),
    ...cold.map(([label, time]) => ({
      group: 'cold, in a new browser',
      label,
      unit: 'ms',
      value: spreadOf([time]),
    })),
  ];
}

async function portionsOf(makers: readonly Maker[], options: MeasureOptions): Promise<number[][]> {
  try {
    for (const { portion } of makers) {
      await portion();
      await options.pause?.();
    }
    return await interleaved(
      makers.map(({ portion }) => portion),
      options,
    );
  } finally {
    for (const { dispose } of makers) dispose();
  }
}

async function trainingMaker(
  { backend, store, config, plan, elastic, trainShape, train }: Workload,
  model: Runnable,
): Promise<Maker> {
  const { batch, length, capacity } = trainShape;
  const options = {
    sequences: batch,
    length,
    rows: capacity,
    plan,
    masked: model.masked,
    quantized: model.quantized,
    dropout: 0,
    clip: 1,
    weightDecay: 0,
    seed: 1,
  };
  const began = performance.now();
  const trainer = await SupernetTrainer.create(backend, store, config, options);
  const built = performance.now() - began;
  const random = new Random(3);
  const steps = async (count: number) => {
    for (let i = 0; i < count; i++)
      trainer.step(
        train[i % train.length]!,
        sampleLimits(elastic, { sequences: batch, sampling: 'random', shared: false, step: i }, random),
        1e-4,
      );
    await trainer.losses();
  };
  const first = await elapsed(() => steps(1));
  return {
    label: `training, ${batch} × ${length}`,
    unit: 'tokens/s',
    compile: { 'training: graph and pipelines': built, 'training: first step': first },
    portion: async () =>
      (1000 * stepsAPortion * batch * length) / (await elapsed(() => steps(stepsAPortion))),
    dispose: () => trainer.dispose(),
  };
}

async function evaluationMaker({ evaluationShape, validation }: Workload, model: Runnable): Promise<Maker> {
  const began = performance.now();
  const evaluator = await Evaluator.create(model, evaluationShape, validation.length);
  const built = performance.now() - began;
  const score = async () => void (await evaluator.measure(validation, model.limits));
  const first = await elapsed(score);
  const { batch, length } = evaluationShape;
  return {
    label: `evaluation, ${validation.length} batches of ${batch} × ${length}`,
    unit: 'tokens/s',
    compile: { 'evaluation: graph and pipelines': built, 'evaluation: first pass': first },
    portion: async () => (1000 * validation.length * batch * length) / (await elapsed(score)),
    dispose: () => evaluator.dispose(),
  };
}

async function decodingMaker(
  { backend, store, config }: Workload,
  prompt: readonly number[],
): Promise<Maker> {
  const began = performance.now();
  const generator = await Generator.create(plainModel(backend, store, config), config.maxPositions);
  const built = performance.now() - began;
  const tokens = Math.min(24, config.maxPositions - prompt.length);
  const answer = async () => {
    // The first token comes from the prompt; the clock runs from it to the last one.
    let from = 0;
    let made = 0;
    for await (const _ of generator.generate(prompt, tokens, [])) {
      if (made++ === 0) from = performance.now();
    }
    // The generator runs the decoder once more after the last token, to know whether another one would follow.
    return (1000 * made) / (performance.now() - from);
  };
  const first = await elapsed(async () => void (await answer()));
  return {
    label: `decoding, ${tokens} tokens after ${prompt.length}`,
    unit: 'tokens/s',
    compile: { 'decoding: graphs and pipelines': built, 'decoding: first answer': first },
    portion: answer,
    dispose: () => generator.dispose(),
  };
}
