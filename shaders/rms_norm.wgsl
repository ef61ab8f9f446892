// y = x · (offset + w) / sqrt(mean(x²) + epsilon), one row (or slice of a row, as long as w) a thread.
struct Shape { rows: u32, columns: u32, epsilon: f32, offset: f32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups);
  if (row >= shape.rows) { return; }
  let begin = row * shape.columns;
  var squares = 0.0;
  for (var i = 0u; i < shape.columns; i++) { let v = x[begin + i]; squares += v * v; }
  let inverse = inverseSqrt(squares / f32(shape.columns) + shape.epsilon);
  for (var i = 0u; i < shape.columns; i++) { y[begin + i] = x[begin + i] * inverse * (shape.offset + weight(i)); }
}
