// Each sequence's new rows go into its part of y, from its own position on; rows outside of that part go nowhere.
struct Shape { count: u32, columns: u32, rows: u32, capacity: u32, starts: u32 }  // rows, capacity: a sequence
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> start: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i >= shape.count) { return; }
  let row = i / shape.columns;
  let sequence = row / shape.rows;
  let position = first_position(sequence, shape.starts) + i32(row % shape.rows);
  if (position < 0 || position >= i32(shape.capacity)) { return; }
  y[(sequence * shape.capacity + u32(position)) * shape.columns + i % shape.columns] = x[i];
}
