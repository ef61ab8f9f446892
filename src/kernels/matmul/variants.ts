import { chosenVariant, type DeviceTraits, type Node, type Variants } from '../../graph/op.ts';
import { naive } from './naive.ts';
import type { MatmulAttributes } from './op.ts';
import { problemOf, type Problem, type Variant } from './problem.ts';
import { quads } from './quads.ts';
import { row } from './row.ts';
import { split } from './split.ts';
import { tiles } from './tiles.ts';
import { workgroup32, workgroup64 } from './workgroup.ts';

/** By preference, the first that fits: loads are dear there, and workgroup memory dearer. */
const onSoftware: readonly Variant[] = [row, quads, tiles, split, workgroup64, workgroup32, naive];
const onGpu: readonly Variant[] = [split, workgroup64, workgroup32, row, tiles, quads, naive];
/** The same where larger squares of Y would be empty in part. */
const onGpuFlat: readonly Variant[] = [split, workgroup32, workgroup64, row, tiles, quads, naive];

function byPreference({ rows, columns }: Problem, { software }: DeviceTraits): readonly Variant[] {
  if (software) return onSoftware;
  return Math.min(rows, columns) <= 32 ? onGpuFlat : onGpu;
}

/** The kernels that a device can run a matmul with. */
export function matmulVariants(node: Node<MatmulAttributes>, device: DeviceTraits): Variants {
  return variantsOf(problemOf(node), device);
}

/** The kernel that `matmul` takes on this device. */
export function chosenKernel(problem: Problem, device: DeviceTraits): Variant {
  const name = chosenVariant(variantsOf(problem, device), device);
  return onGpu.find((variant) => variant.name === name)!;
}

function variantsOf(problem: Problem, device: DeviceTraits): Variants {
  const fitting = byPreference(problem, device).filter(({ fits }) => fits(problem, device));
  const [first, ...rest] = fitting.map(({ name }) => name);
  return { key: keyOf(problem), names: [first!, ...rest] };
}

/** Matmuls that take the same variant: alike in what they read and in which side is short. */
function keyOf({ orientation, dtype, rows, inner, columns }: Problem): string {
  const short = [
    ['rows', rows],
    ['inner', inner],
    ['columns', columns],
  ] as const;
  const sizes = short.filter(([, size]) => size <= 16).map(([side]) => ` few ${side}`);
  return `matmul ${orientation} ${dtype}${sizes.join('')}`;
}
