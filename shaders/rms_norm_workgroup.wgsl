// The same as rms_norm.wgsl, one row (or slice of a row) a workgroup.
struct Shape { rows: u32, units: u32, epsilon: f32, offset: f32, mean: f32 }  // units: Numbers a row; mean: 1 / columns
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<Number>;
@group(0) @binding(3) var<storage, read_write> y: array<Number>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let row = row_of(workgroup, groups);
  if (row >= shape.rows) { return; }
  let begin = row * shape.units;
  var squares = 0.0;
  for (var i = thread; i < shape.units; i += 64u) { let v = x[begin + i]; squares += sum_of(v * v); }
  let total = row_sum(thread, vec2f(squares, 0.0)).x;
  let inverse = inverseSqrt(total * shape.mean + shape.epsilon);
  for (var i = thread; i < shape.units; i += 64u) {
    y[begin + i] = x[begin + i] * inverse * (shape.offset + norm_weight(i));
  }
}
