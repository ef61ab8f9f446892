// y = x · (offset + w) / sqrt(mean(x²) + epsilon), ROWS rows (or slices of a row, as long as w) a thread, which share w.
struct Shape { rows: u32, units: u32, epsilon: f32, offset: f32, mean: f32 }  // units: Numbers a row; mean: 1 / columns
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<Number>;
@group(0) @binding(3) var<storage, read_write> y: array<Number>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let first = flat_index(id, groups) * ROWS;
  if (first >= shape.rows) { return; }
  var begin: array<u32, ROWS>;
  var squares: array<Number, ROWS>;
  // Rows beyond the last one are the last one again.
  for (var r = 0u; r < ROWS; r++) { begin[r] = min(first + r, shape.rows - 1u) * shape.units; squares[r] = Number(); }
  for (var i = 0u; i < shape.units; i++) {
    for (var r = 0u; r < ROWS; r++) { let v = x[begin[r] + i]; squares[r] += v * v; }
  }
  var inverse: array<f32, ROWS>;
  for (var r = 0u; r < ROWS; r++) { inverse[r] = inverseSqrt(sum_of(squares[r]) * shape.mean + shape.epsilon); }
  for (var i = 0u; i < shape.units; i++) {
    let w = shape.offset + norm_weight(i);
    for (var r = 0u; r < ROWS; r++) { y[begin[r] + i] = x[begin[r] + i] * inverse[r] * w; }
  }
}
