// y = (x − mean(x)) / sqrt(var(x) + epsilon) · w + b, one row a thread.
struct Shape { rows: u32, units: u32, epsilon: f32, mean: f32, has_bias: u32 }  // units: Numbers a row; mean: 1 / columns
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<Number>;
@group(0) @binding(3) var<storage, read_write> y: array<Number>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups);
  if (row >= shape.rows) { return; }
  let begin = row * shape.units;
  var sum = Number();
  for (var i = 0u; i < shape.units; i++) { sum += x[begin + i]; }
  let mean = sum_of(sum) * shape.mean;
  var squares = Number();
  for (var i = 0u; i < shape.units; i++) { let v = x[begin + i] - mean; squares += v * v; }
  let inverse = inverseSqrt(sum_of(squares) * shape.mean + shape.epsilon);
  for (var i = 0u; i < shape.units; i++) {
    var value = (x[begin + i] - mean) * inverse * norm_weight(i);
    if (shape.has_bias != 0u) { value += norm_bias(i); }
    y[begin + i] = value;
  }
}
