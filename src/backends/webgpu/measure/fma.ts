export interface FmaKind {
  readonly element: 'f32' | 'vec4f';
  /** Independent sums a thread: one alone waits for its own result. */
  readonly chains: number;
}

/** Loops cost, so a pass is long. */
const unrolled = 16;

export const fmaPerPass = ({ chains }: FmaKind): number => chains * unrolled;

/** WGSL of the arithmetic ceiling: nothing is loaded but the uniform. `T` is the element. */
export function fmaKernel({ chains }: FmaKind): string {
  const names = Array.from({ length: chains }, (_, index) => `v${index}`);
  const pass = names.map((name) => `${name} = fma(${name}, m, n);`).join(' ');
  return `
struct Settings { passes: u32, factor: f32, shift: f32 }
@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read_write> result: array<T>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = T(settings.factor);
  let n = T(settings.shift);
  ${names.map((name, index) => `var ${name} = T(f32(id.x + ${index}u));`).join('\n  ')}
  for (var i = 0u; i < settings.passes; i++) {
    ${Array.from({ length: unrolled }, () => pass).join('\n    ')}
  }
  result[id.x] = ${names.join(' + ')};
}`;
}
