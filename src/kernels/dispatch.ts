import type { Dispatch, Uniform } from '../graph/op.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import flatIndex from '../../shaders/flat_index.wgsl?raw';

/** Marks "no group" in a kernel's uniforms. */
export const NONE = 0xffffffff;

export const u32 = (value: number): Uniform => ({ type: 'u32', value });
export const f32 = (value: number): Uniform => ({ type: 'f32', value });
export const flag = (value: unknown): Uniform => ({ type: 'u32', value: value ? 1 : 0 });

/** One thread an element, 64 to a workgroup. */
export function threads(count: number): [number, number, number] {
  return [Math.max(1, Math.ceil(count / 64)), 1, 1];
}

/** Kernels with one thread an element spill into y beyond 65,535 workgroups; this is how they find themselves. */
export { flatIndex };

/** A dispatch of one thread an element of its last binding; the first uniform is their number. */
export function elementwise(
  label: string,
  code: readonly string[],
  bindings: readonly (Tensor | null)[],
  { uniforms = [], workEach = 1 }: { uniforms?: readonly Uniform[]; workEach?: number } = {},
): Dispatch {
  const count = sizeOf(bindings.at(-1)!.shape);
  return {
    label,
    code: [flatIndex, ...code],
    uniforms: [u32(count), ...uniforms],
    bindings,
    workgroups: threads(count),
    work: count * workEach,
  };
}

/** Subgroups; that lanes stay together where they broadcast is seen to by the kernels, out of the compiler's sight. */
export const subgroupDirectives = ['enable subgroups;', 'diagnostic(off, subgroup_uniformity);'] as const;
