// 16-bit floats, two to a word. Rows of odd length are not padded; a last half word is zero.
@group(0) @binding(6) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let first = 8u * flat_index(id, groups);
  let count = shape.rows * shape.columns;
  if (first >= count) { return; }
  let values = merged8(first);
  for (var i = 0u; i < min(8u, count - first); i += 2u) {
    y[(first + i) / 2u] = narrow(bitcast<u32>(values[i])) | (narrow(bitcast<u32>(values[i + 1u])) << 16u);
  }
}
