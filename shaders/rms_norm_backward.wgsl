// dx = dy·w/r − x·mean(dy·w·x)/r³, w with the offset, r = sqrt(mean(x²) + epsilon), one row (or slice) a thread.
struct Shape { rows: u32, columns: u32, epsilon: f32, offset: f32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups);
  if (row >= shape.rows) { return; }
  let begin = row * shape.columns;
  var squares = 0.0;
  var along = 0.0;
  for (var i = 0u; i < shape.columns; i++) {
    let v = x[begin + i];
    squares += v * v;
    along += dy[begin + i] * (shape.offset + weight(i)) * v;
  }
  let n = f32(shape.columns);
  let inverse = inverseSqrt(squares / n + shape.epsilon);
  let pull = along * inverse * inverse * inverse / n;
  for (var i = 0u; i < shape.columns; i++) {
    dx[begin + i] = dy[begin + i] * (shape.offset + weight(i)) * inverse - x[begin + i] * pull;
  }
}
