// With g = dy·w and z = (x − mean(x))/s, s = sqrt(var(x) + epsilon): dx = (g − mean(g) − z·mean(g·z))/s, one row a thread.
struct Shape { rows: u32, columns: u32, epsilon: f32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

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
  var level = 0.0;
  var along = 0.0;
  for (var i = 0u; i < shape.columns; i++) {
    let v = x[begin + i] - mean;
    let g = dy[begin + i] * weight(i);
    squares += v * v;
    level += g;
    along += g * v;
  }
  let inverse = inverseSqrt(squares / n + shape.epsilon);
  let pull = along * inverse * inverse / n;
  for (var i = 0u; i < shape.columns; i++) {
    dx[begin + i] = (dy[begin + i] * weight(i) - level / n - (x[begin + i] - mean) * pull) * inverse;
  }
}
