import type { Figure, Spread } from '../backends/measure/figures.ts';
import { ceilingsOf, nearest, type Ceilings } from '../backends/measure/roofline.ts';
import { integer, percent } from '../session/format.ts';
import type { DevicePerformance, PerformanceReport } from '../workers/studio.protocol.ts';

/** Three figures that matter. */
export const figureText = (value: number): string =>
  Math.abs(value) >= 1000 ? integer(value) : String(Number(value.toPrecision(3)));

/** The median, and the lowest and highest round. */
export const spreadText = ({ median, low, high }: Spread): string =>
  low === high ? figureText(median) : `${figureText(median)} (${figureText(low)}–${figureText(high)})`;

/** Of what is no kernel, the step that it is of comes first. */
const labelText = ({ group, label, kernel }: Figure): string =>
  group && !kernel && !group.startsWith('cold') ? `${group.split(',')[0]!}: ${label}` : label;

/** “4 × matmul nt 512×64×256, training step”: the same kernel may be in several steps. */
export const kernelText = ({ group, label }: Figure): string =>
  group === undefined ? label : `${label}, ${group.replace('kernels of the ', '')}`;

export const backendName = ({ backend, adapter }: DevicePerformance): string =>
  backend === 'cpu' ? 'CPU' : `WebGPU, ${adapter}`;

/** A kernel's rate, and its share of the ceiling that it is nearer to; '' where either is not known. */
export function rateText({ kernel }: Figure, ceilings: Ceilings | null): string {
  if (!kernel || !ceilings || !(kernel.milliseconds > 0)) return '';
  const { rate, unit, share } = nearest(kernel, ceilings);
  return `${figureText(rate)} ${unit}, ${percent(share, 0)}`;
}

/** How the kernels of a device were timed, in words. */
export const timingText = ({ timing }: DevicePerformance): string | null => {
  if (timing === 'timestamps') return 'Kernels timed by the device’s own clock (timestamp queries).';
  return (
    timing &&
    'The device has no timestamp queries: each kernel was timed alone, repeated, in submits of its own.'
  );
};

/** For a forum or an issue: one table a group, one section a device. */
export function performanceMarkdown({ model, parameters, rank, devices }: PerformanceReport): string {
  const head = `# ${model}: ${parameters} parameters, LoRA r = ${rank}`;
  return `${[head, ...devices.map(deviceMarkdown)].join('\n\n')}\n`;
}

function deviceMarkdown(device: DevicePerformance): string {
  const { batch, kernels, ceilings, throughput, kernelTimes } = device;
  const limits = ceilingsOf(ceilings);
  const line = (figure: Figure) =>
    `| ${[labelText(figure), spreadText(figure.value), figure.unit, rateText(figure, limits)].join(' | ')} |`;
  const figures = [...ceilings, ...throughput, ...kernelTimes];
  return [
    `## ${backendName(device)}`,
    `${batch.sequences} × ${batch.length} tokens; ${kernels}. ${timingText(device) ?? ''}`.trim(),
    ['| | median (lowest–highest) | | |', '|---|---|---|---|', ...figures.map(line)].join('\n'),
  ].join('\n\n');
}
