struct Shape { count: u32, beta1: f32, beta2: f32, epsilon: f32, rest1: f32, rest2: f32 } // rest: 1 − beta
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> gradient: array<Number>;
@group(0) @binding(2) var<storage, read> clip: array<f32>;
@group(0) @binding(3) var<storage, read> hyper: array<f32>; // learning rate, 1 − β₁ᵗ, 1 − β₂ᵗ, weight decay
@group(0) @binding(4) var<storage, read_write> parameter: array<Number>;
@group(0) @binding(5) var<storage, read_write> first: array<Number>;
@group(0) @binding(6) var<storage, read_write> second: array<Number>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i >= shape.count) { return; }
  let g = gradient[i] * clip[0];
  let m = shape.beta1 * first[i] + shape.rest1 * g;
  let v = shape.beta2 * second[i] + shape.rest2 * g * g;
  first[i] = m;
  second[i] = v;
  let step = m / hyper[1] / (sqrt(v / hyper[2]) + shape.epsilon);
  parameter[i] = parameter[i] * (1.0 - hyper[0] * hyper[3]) - hyper[0] * step;
}
