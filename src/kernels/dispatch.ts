import type { Dispatch, Uniform } from '../graph/op.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import numberF32 from '../../shaders/number_f32.wgsl?raw';
import numberVec4f from '../../shaders/number_vec4f.wgsl?raw';
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

/** Declares `Number`, what a kernel takes at a time: so many floats, 1 or 4. */
export const numbers = (width: 1 | 4): string => (width === 4 ? numberVec4f : numberF32);

/** 4 where all of these sizes are multiples of 4: then a kernel may count, load and store in fours. */
export const widthOf = (...sizes: readonly number[]): 1 | 4 =>
  sizes.every((size) => size % 4 === 0) ? 4 : 1;

/**
 * A dispatch over the elements of its last binding: four a thread where they come in fours, else one. Kernels call them
 * `Number`; the first uniform is how many there are.
 */
export function elementwise(
  label: string,
  code: readonly string[],
  bindings: readonly (Tensor | null)[],
  { uniforms = [], workEach = 1 }: { uniforms?: readonly Uniform[]; workEach?: number } = {},
): Dispatch {
  const elements = sizeOf(bindings.at(-1)!.shape);
  const width = widthOf(elements);
  const count = elements / width;
  return {
    label,
    code: [flatIndex, numbers(width), ...code],
    uniforms: [u32(count), ...uniforms],
    bindings,
    workgroups: threads(count),
    work: elements * workEach,
  };
}

/** Subgroups; that lanes stay together where they broadcast is seen to by the kernels, out of the compiler's sight. */
export const subgroupDirectives = ['enable subgroups;', 'diagnostic(off, subgroup_uniformity);'] as const;
