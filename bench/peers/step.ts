import { openStories } from '../page/stories-subject.ts';
import { elapsed, interleaved, ratioOf, spreadOf } from '../page/timing.ts';
import { fullModel, type Workload } from '../../src/recipes/performance/workload.ts';
import type { Row, Spread } from '../protocol.ts';
import type { Section } from '../section.ts';
import type { StepContender, Stepper } from './step-contender.ts';
import { openJaxStep } from './step-jax.ts';
import { stepModel, type StepModel } from './step-model.ts';
import { openPareStep } from './step-pare.ts';

export const section: Section = {
  title: 'A training step elsewhere: stories260K shape, 8 × 128 tokens, LoRA r = 8 on all 7 linear modules',
  async measure({ backend, rounds }) {
    const workload = await openStories(backend);
    return compareSteps(workload, [openPareStep('pare, WebGPU', workload), openJaxStep('webgpu')], {
      rounds,
      least: 3,
    });
  },
};

interface Comparison {
  readonly rounds: number;
  /** Wanted of our rate over theirs. */
  readonly least: number;
}

/** The first contender against the others, turn by turn; their losses must agree. */
export async function compareSteps(
  workload: Workload,
  contenders: readonly StepContender[],
  { rounds, least }: Comparison,
): Promise<Row[]> {
  fullModel(workload);
  const model = await stepModel(workload);
  const started: Started[] = [];
  for (const contender of contenders) started.push(await start(contender, model));
  const tokens = model.batch * model.length;
  const rates = await interleaved(
    started.map(
      ({ stepper }) =>
        async () =>
          (1000 * tokens) / (await elapsed(async () => void (await stepper.step()))),
    ),
    rounds,
  );
  for (const { stepper } of started) stepper.dispose();
  const [ours, ...theirs] = contenders.map(({ name }) => name) as [string, ...string[]];
  return [
    ...contenders.map(({ name }, index): Row => ({
      label: name,
      unit: 'tokens/s',
      value: spreadOf(rates[index]!),
    })),
    ...theirs.map((name, index): Row => ({
      label: `${ours} over ${name}`,
      unit: '×',
      value: ratioOf(rates[0]!, rates[index + 1]!),
      ...(isOurs(name) ? {} : { target: { sense: 'at least', value: least } }),
    })),
    ...firstUse(contenders, started),
    ...lossRows(contenders, started),
  ];
}

const isOurs = (name: string): boolean => name.startsWith('pare');

interface Started {
  readonly stepper: Stepper;
  /** Milliseconds from weights in memory to the first step's loss. */
  readonly firstStep: number;
  readonly losses: readonly number[];
}

async function start(contender: StepContender, model: StepModel): Promise<Started> {
  const began = performance.now();
  const stepper = await contender.start(model);
  const losses = [await stepper.step()];
  const firstStep = performance.now() - began;
  losses.push(await stepper.step());
  return { stepper, firstStep, losses };
}

const once = (value: number): Spread => ({ median: value, low: value, high: value });

function firstUse(contenders: readonly StepContender[], started: readonly Started[]): Row[] {
  const group = 'from the model in memory to the first loss, nothing compiled before';
  const [ours] = started as [Started];
  return contenders.flatMap(({ name }, index): Row[] => {
    const { firstStep } = started[index]!;
    const row = { group, label: name, unit: 's', value: once(firstStep / 1000) };
    if (index === 0) return [row];
    if (isOurs(name)) return [row];
    const ratio: Row = {
      group,
      label: `time of ${contenders[0]!.name}, of that of ${name}`,
      unit: '×',
      value: once(ours.firstStep / firstStep),
      target: { sense: 'at most', value: 0.5 },
    };
    return [row, ratio];
  });
}

/** Float sums in other orders, over a few hundred terms, through one update. */
const tolerance = 2e-3;

function lossRows(contenders: readonly StepContender[], started: readonly Started[]): Row[] {
  const [ours] = started as [Started];
  return contenders.map(({ name }, index): Row => {
    const { losses } = started[index]!;
    const apart = losses.findIndex((loss, step) => !(Math.abs(loss - ours.losses[step]!) < tolerance));
    if (apart >= 0)
      throw new Error(
        `${name} trains something else: loss ${losses[apart]} of step ${apart + 1}, ours ${ours.losses[apart]}`,
      );
    return {
      group: 'loss of the first step, before and after',
      label: name,
      unit: '',
      value: once(losses[0]!),
      note: losses[1]!.toFixed(5),
    };
  });
}
