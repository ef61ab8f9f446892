// 16-bit floats: two of them, a word, a thread. Rows of odd length are not padded.
@group(0) @binding(6) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let word = flat_index(id, groups);
  let first = 2u * word;
  let count = shape.rows * shape.columns;
  if (first >= count) { return; }
  var bits = narrow(bitcast<u32>(merged_at(first)));
  if (first + 1u < count) { bits |= narrow(bitcast<u32>(merged_at(first + 1u))) << 16u; }
  y[word] = bits;
}
