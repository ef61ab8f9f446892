// The same as rms_norm_backward.wgsl, one row (or slice of a row) a workgroup.
struct Shape { rows: u32, units: u32, epsilon: f32, offset: f32, mean: f32 }  // units: Numbers a row; mean: 1 / columns
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<Number>;
@group(0) @binding(3) var<storage, read> dy: array<Number>;
@group(0) @binding(4) var<storage, read_write> dx: array<Number>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let row = row_of(workgroup, groups);
  if (row >= shape.rows) { return; }
  let begin = row * shape.units;
  var own = vec2f();
  for (var i = thread; i < shape.units; i += 64u) {
    let v = x[begin + i];
    own += vec2f(sum_of(v * v), sum_of(dy[begin + i] * (shape.offset + norm_weight(i)) * v));
  }
  let means = row_sum(thread, own) * shape.mean;
  let inverse = inverseSqrt(means.x + shape.epsilon);
  let pull = means.y * inverse * inverse * inverse;
  for (var i = thread; i < shape.units; i += 64u) {
    dx[begin + i] = dy[begin + i] * (shape.offset + norm_weight(i)) * inverse - x[begin + i] * pull;
  }
}
