// With g = dy·w and z = (x − mean(x))/s, s = sqrt(var(x) + epsilon): dx = (g − mean(g) − z·mean(g·z))/s, one row a thread.
struct Shape { rows: u32, units: u32, epsilon: f32, mean: f32 }  // units: Numbers a row; mean: 1 / columns
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<Number>;
@group(0) @binding(3) var<storage, read> dy: array<Number>;
@group(0) @binding(4) var<storage, read_write> dx: array<Number>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups);
  if (row >= shape.rows) { return; }
  let begin = row * shape.units;
  var sum = Number();
  for (var i = 0u; i < shape.units; i++) { sum += x[begin + i]; }
  let mean = sum_of(sum) * shape.mean;
  var squares = Number();
  var level = Number();
  var along = Number();
  for (var i = 0u; i < shape.units; i++) {
    let v = x[begin + i] - mean;
    let g = dy[begin + i] * norm_weight(i);
    squares += v * v;
    level += g;
    along += g * v;
  }
  let first = vec2f(sum_of(squares), sum_of(level)) * shape.mean;
  let pulled = sum_of(along) * shape.mean;
  let inverse = inverseSqrt(first.x + shape.epsilon);
  let pull = pulled * inverse * inverse;
  for (var i = 0u; i < shape.units; i++) {
    dx[begin + i] = (dy[begin + i] * norm_weight(i) - first.y - (x[begin + i] - mean) * pull) * inverse;
  }
}
