// y[i] = x[rows[i]], zeros where the row is negative.
struct Shape { count: u32, columns: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> rows: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i >= shape.count) { return; }
  let row = rows[i / shape.columns];
  y[i] = select(0.0, x[u32(max(row, 0)) * shape.columns + i % shape.columns], row >= 0);
}
