// With g = dy·w and z = (x − mean(x))/s, s = sqrt(var(x) + epsilon): dx = (g − mean(g) − z·mean(g·z))/s, one row a workgroup.
struct Shape { rows: u32, units: u32, epsilon: f32, mean: f32 }  // units: Numbers a row; mean: 1 / columns
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
  var sum = Number();
  for (var i = thread; i < shape.units; i += 64u) { sum += x[begin + i]; }
  let mean = row_sum(thread, vec2f(sum_of(sum), 0.0)).x * shape.mean;
  var squares = Number();
  var level = Number();
  var along = Number();
  for (var i = thread; i < shape.units; i += 64u) {
    let v = x[begin + i] - mean;
    let g = dy[begin + i] * norm_weight(i);
    squares += v * v;
    level += g;
    along += g * v;
  }
  let first = row_sum(thread, vec2f(sum_of(squares), sum_of(level))) * shape.mean;
  let pulled = row_sum(thread, vec2f(sum_of(along), 0.0)).x * shape.mean;
  let inverse = inverseSqrt(first.x + shape.epsilon);
  let pull = pulled * inverse * inverse;
  for (var i = thread; i < shape.units; i += 64u) {
    dx[begin + i] = (dy[begin + i] * norm_weight(i) - first.y - (x[begin + i] - mean) * pull) * inverse;
  }
}
