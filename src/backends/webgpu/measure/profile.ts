import type { Graph } from '../../../graph/graph.ts';
import type { Dispatch } from '../../../graph/op.ts';
import { bytesOf } from '../../../graph/tensor.ts';
import type { HostArray, Store } from '../../backend.ts';
import type { Figure, MeasureOptions } from '../../measure/figures.ts';
import { elapsed, groupBy, inRounds, spreadOf } from '../../measure/timing.ts';
import type { GpuProgram } from '../program.ts';
import type { WebGpuBackend } from '../webgpu.ts';
import { isolatedTimes } from './isolated.ts';

/** A compiled step with its inputs written. */
export interface Step {
  readonly name: string;
  readonly tokens: number;
  readonly graph: Graph;
  readonly program: GpuProgram;
  readonly inputs: ReadonlyMap<string, HostArray>;
  readonly backend: WebGpuBackend;
  readonly store: Store;
}

/** Milliseconds of a step by label, in one round. */
type Round = ReadonlyMap<string, number>;

/** Turn by turn: a step as the studio runs it, and the same dispatches with a time for each. */
export async function profileStep(step: Step, options: MeasureOptions): Promise<Figure[]> {
  const { graph, program, backend } = step;
  const stamped = options.timestamps && backend.facts.features.includes('timestamp-query');
  const dispatches = graph.nodes.flatMap((node) => node.op.dispatches(node, backend.traits));
  const kernels = stamped ? () => stampedTimes(program) : await isolatedTimes(step);
  const walls: number[] = [];
  const calls: number[] = [];
  const profiles: Round[] = [];
  const wall = () =>
    elapsed(async () => {
      calls.push(await elapsed(async () => program.run()));
      await backend.idle();
    });
  await wall(); // warms up
  calls.length = 0;
  await kernels();
  await inRounds(options, async () => {
    walls.push(await wall());
    profiles.push(await kernels());
  });
  const head = `${step.name}, ${step.tokens} tokens, ranks and widths full`;
  const outside = walls.map((time, round) => 100 * (1 - sumOf(profiles[round]!) / time));
  return [
    { group: head, label: 'wall', unit: 'ms', value: spreadOf(walls) },
    {
      group: head,
      label: `${dispatches.length} dispatches together`,
      unit: 'ms',
      value: spreadOf(profiles.map(sumOf)),
      note: stamped ? 'timestamps' : 'repeated dispatches',
    },
    {
      group: head,
      label: 'encoding and JavaScript, of the wall time',
      unit: '%',
      value: spreadOf(walls.map((time, round) => (100 * calls[round]!) / time)),
    },
    { group: head, label: 'not kernels, of the wall time', unit: '%', value: spreadOf(outside) },
    ...byLabel(dispatches, profiles).map((row) => ({ ...row, group: `kernels of the ${step.name}` })),
  ];
}

async function stampedTimes(program: GpuProgram): Promise<Round> {
  const times = new Map<string, number>();
  for (const { label, milliseconds } of await program.profile())
    times.set(label, (times.get(label) ?? 0) + milliseconds);
  return times;
}

const sumOf = (round: Round): number => [...round.values()].reduce((sum, time) => sum + time, 0);

function byLabel(dispatches: readonly Dispatch[], profiles: readonly Round[]): Figure[] {
  const kernels = [...groupBy(dispatches, ({ label }) => label)].map(([label, group]): Figure => {
    const value = spreadOf(profiles.map((round) => round.get(label) ?? 0));
    const flop = isArithmetic(label) ? group.reduce((sum, { work }) => sum + 2 * work, 0) : null;
    const bytes = group.reduce((sum, dispatch) => sum + bytesBound(dispatch), 0);
    const milliseconds = value.median;
    const rates = [
      flop === null ? [] : [`${rate(flop, milliseconds)} GFLOP/s`],
      `${rate(bytes, milliseconds)} GB/s`,
    ];
    return {
      label: `${group.length} × ${label}`,
      value,
      unit: 'ms',
      note: rates.flat().join(', '),
      kernel: { milliseconds, flop, bytes },
    };
  });
  return kernels.toSorted((a, b) => b.value.median - a.value.median);
}

const rate = (amount: number, milliseconds: number): string => (amount / milliseconds / 1e6).toFixed(2);

/** Whose `work` counts multiply–accumulates exactly; elsewhere it is a rough figure to cut submits by. */
const isArithmetic = (label: string): boolean => /^(matmul|attention)/.test(label);

/** Every tensor once: what must at least be moved where the kernel reads all of them. */
export function bytesBound({ bindings }: Dispatch): number {
  return [...new Set(bindings)].reduce((sum, tensor) => sum + (tensor ? bytesOf(tensor) : 0), 0);
}
