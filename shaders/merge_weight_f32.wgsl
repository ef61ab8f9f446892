@group(0) @binding(6) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let first = 8u * flat_index(id, groups);
  let count = shape.rows * shape.columns;
  if (first >= count) { return; }
  let values = merged8(first);
  for (var i = 0u; i < min(8u, count - first); i++) { y[first + i] = values[i]; }
}
