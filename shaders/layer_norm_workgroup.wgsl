// y = (x − mean(x)) / sqrt(var(x) + epsilon) · w + b, one row a workgroup.
struct Shape { rows: u32, units: u32, epsilon: f32, mean: f32, has_bias: u32 }  // units: Numbers a row; mean: 1 / columns
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
  var sum = Number();
  for (var i = thread; i < shape.units; i += 64u) { sum += x[begin + i]; }
  let mean = row_sum(thread, vec2f(sum_of(sum), 0.0)).x * shape.mean;
  var squares = Number();
  for (var i = thread; i < shape.units; i += 64u) { let v = x[begin + i] - mean; squares += v * v; }
  let inverse = inverseSqrt(row_sum(thread, vec2f(sum_of(squares), 0.0)).x * shape.mean + shape.epsilon);
  for (var i = thread; i < shape.units; i += 64u) {
    var value = (x[begin + i] - mean) * inverse * norm_weight(i);
    if (shape.has_bias != 0u) { value += norm_bias(i); }
    y[begin + i] = value;
  }
}
