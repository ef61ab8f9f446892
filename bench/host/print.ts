import type {
  Ceilings,
  Demo,
  Facts,
  KernelTime,
  Matmul,
  StepTimes,
  Subject,
  WeightTimes,
} from '../protocol.ts';
import { figure, percent, spread, table } from './table.ts';

export function printFacts({ adapter, features, userAgent }: Facts): string {
  const browser = /Chrome\/[\d.]+/.exec(userAgent)?.[0] ?? userAgent;
  return `${adapter}\n${browser}; features used: ${features.filter((name) => /timestamp|subgroups|shader-f16/.test(name)).join(', ') || 'none'}`;
}

export function printCeilings({ arithmetic, copy, dispatch, submit }: Ceilings): string {
  const rows = [
    ...arithmetic.map(({ label, rate }) => [label, spread(rate), 'GFLOP/s']),
    ...copy.map(({ label, rate }) => [`${label}, read + written`, spread(rate), 'GB/s']),
    ['an empty dispatch in a pass', spread(dispatch), 'µs'],
    ['a submit, waited for', spread(submit), 'ms'],
  ];
  return section('The adapter’s ceilings', table(['', 'median (low–high)', ''], rows));
}

/** Best of its kind, which is what shares are shares of. */
const best = (rates: Ceilings['copy']): number => Math.max(...rates.map(({ rate }) => rate.median));

export function printSubject(
  { name, description, compile, throughput, steps }: Subject,
  ceilings: Ceilings,
  top: number,
): string {
  const speeds = table(
    ['', 'median (low–high)', ''],
    throughput.map(({ label, unit, rate }) => [label, spread(rate), unit]),
  );
  const cold =
    compile.length === 0
      ? []
      : [
          '  Cold, in a new browser:',
          table(
            ['', 'ms'],
            compile.map(({ label, milliseconds }) => [label, figure(milliseconds)]),
          ),
        ];
  return [
    section(`Model: ${name}`, `  ${description}`),
    speeds,
    ...cold,
    ...steps.map((step) => printStep(step, ceilings, top)),
  ].join('\n\n');
}

function printStep(
  { name, method, tokens, dispatches, wall, kernels, outside, byKernel }: StepTimes,
  ceilings: Ceilings,
  top: number,
): string {
  const [arithmetic, copy] = [best(ceilings.arithmetic), best(ceilings.copy)];
  const rows = byKernel.slice(0, top).map((kernel) => kernelRow(kernel, kernels.median, arithmetic, copy));
  const head = [
    `  ${name}, ${tokens} tokens, all ranks and widths full: ${spread(wall)} ms wall, ${dispatches} dispatches of ${spread(kernels)} ms together (${method})`,
    `  not kernels: ${percent(outside.median)} of the step (${percent(outside.low)} to ${percent(outside.high)})`,
  ];
  const rest =
    byKernel.length > top
      ? [
          `  and ${byKernel.length - top} more, ${percent(share(byKernel.slice(top), kernels.median))} of the kernels’ time`,
        ]
      : [];
  return [
    ...head,
    table(
      ['kernel', '×', 'ms (low–high)', 'of kernels', 'GFLOP/s', 'of ceiling', 'GB/s', 'of ceiling'],
      rows,
    ),
    ...rest,
  ].join('\n');
}

const share = (kernels: readonly KernelTime[], all: number): number =>
  kernels.reduce((sum, { milliseconds }) => sum + milliseconds.median, 0) / all;

function kernelRow(
  { label, dispatches, milliseconds, flop, bytes }: KernelTime,
  all: number,
  arithmetic: number,
  copy: number,
): string[] {
  const time = milliseconds.median * 1e6;
  const work = flop === null ? ['', ''] : [figure(flop / time), percent(flop / time / arithmetic)];
  return [
    label,
    String(dispatches),
    spread(milliseconds),
    percent(milliseconds.median / all),
    ...work,
    figure(bytes / time),
    percent(bytes / time / copy),
  ];
}

export function printMatmuls(matmuls: readonly Matmul[]): string {
  const names = matmuls[0]!.peers.map(({ name }) => name);
  const rows = matmuls.map(({ shape, ours, peers }) => [
    shape.join(' × '),
    spread(ours),
    ...peers.flatMap(({ gflops, ratio }) => [figure(gflops.median), spread(ratio)]),
  ]);
  const worst = Math.max(...matmuls.flatMap(({ peers }) => peers.map(({ difference }) => difference)));
  return section(
    'The same matmuls elsewhere (rows × inner × columns, f32), GFLOP/s, and ours over theirs',
    `${table(['', 'pare', ...names.flatMap((name) => [name, `pare/${name}`])], rows)}\n  largest difference between results: ${worst.toExponential(1)} of their root mean square`,
  );
}

export function printInt4(shapes: readonly WeightTimes[]): string {
  const rows = shapes.flatMap(({ shape, weights }) =>
    weights.map(({ label, bytes, gflops, ratio }) => [
      `${shape.join(' × ')}, ${label}`,
      figure(bytes / 1024),
      spread(gflops),
      spread(ratio),
    ]),
  );
  return section(
    'Weights in 4, 16 and 32 bits (rows × inner × columns)',
    table(['', 'KiB of W', 'GFLOP/s', 'over f16'], rows),
  );
}

const seconds = (value: number | null): string => (value === null ? 'never' : `${figure(value)} s`);

export function printDemo({
  firstPoint,
  finalFront,
  finished,
  points,
  status,
  stages,
  longestTask,
  blocked,
}: Demo): string {
  const rows = [
    ['first point', seconds(firstPoint)],
    ['final front', seconds(finalFront)],
    ['Finished', seconds(finished)],
    ['points', String(points)],
    ['longest task of the main thread', `${figure(longestTask)} ms`],
    ['main thread in tasks above 50 ms', `${figure(blocked)} ms`],
    ...stages.map(({ stage, seconds: took }) => [`stage ${stage}`, seconds(took)]),
  ];
  return section(
    'The demo in the studio, from pressing Run',
    `${table(['', ''], rows)}\n  ended as: ${status}`,
  );
}

function section(title: string, body: string): string {
  return `\n${title}\n${'═'.repeat(title.length)}\n${body}`;
}
