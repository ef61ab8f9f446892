// sums[c] += Σ x[row, c]² over real rows, one column a thread, rows in order.
struct Shape { rows: u32, columns: u32, rows_per_sequence: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> lengths: array<i32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let column = flat_index(id, groups);
  if (column >= shape.columns) { return; }
  var total = 0.0;
  for (var begin = 0u; begin < shape.rows; begin += shape.rows_per_sequence) {
    let end = begin + u32(lengths[begin / shape.rows_per_sequence]);
    for (var row = begin; row < end; row++) {
      let v = x[row * shape.columns + column];
      total += v * v;
    }
  }
  sums[column] += total;
}
