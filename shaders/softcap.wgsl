// y = c·tanh(x/c). Beyond ±10 tanh is ±1 in f32, and some devices make NaN of large arguments.
struct Shape { count: u32, cap: f32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<Number>;
@group(0) @binding(2) var<storage, read_write> y: array<Number>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i < shape.count) { y[i] = shape.cap * tanh(clamp(x[i] / shape.cap, Number(-10.0), Number(10.0))); }
}
