// y = (x − mean(x)) / sqrt(var(x) + epsilon) · w + b, one row a thread.
struct Shape { rows: u32, columns: u32, epsilon: f32, has_bias: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups);
  if (row >= shape.rows) { return; }
  let begin = row * shape.columns;
  let n = f32(shape.columns);
  var sum = 0.0;
  for (var i = 0u; i < shape.columns; i++) { sum += x[begin + i]; }
  let mean = sum / n;
  var squares = 0.0;
  for (var i = 0u; i < shape.columns; i++) { let v = x[begin + i] - mean; squares += v * v; }
  let inverse = inverseSqrt(squares / n + shape.epsilon);
  for (var i = 0u; i < shape.columns; i++) {
    var value = (x[begin + i] - mean) * inverse * weight(i);
    if (shape.has_bias != 0u) { value += bias(i); }
    y[begin + i] = value;
  }
}
