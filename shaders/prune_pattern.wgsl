// N:M: clears the `cut` smallest of every `group` consecutive scores (a short last group loses as many), one row a
// thread. A score falls if fewer than `cut` others of its group are smaller, or equal and further left.
struct Shape { rows: u32, columns: u32, cut: u32, group: u32, inverse_count: f32, has_sums: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(3) var<storage, read_write> mask: array<u32>;

fn score(row: u32, column: u32) -> f32 {
  var value = abs(weight(row * shape.columns + column));
  if (shape.has_sums != 0u) { value *= sqrt(sums[column] * shape.inverse_count); }
  return value;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups);
  if (row >= shape.rows) { return; }
  let words = (shape.columns + 31u) / 32u;
  for (var word = 0u; word < words; word++) {
    var bits = 0u;
    for (var i = 0u; i < min(32u, shape.columns - word * 32u); i++) {
      let column = word * 32u + i;
      let begin = column / shape.group * shape.group;
      let own = score(row, column);
      var smaller = 0u;
      for (var other = begin; other < min(begin + shape.group, shape.columns); other++) {
        let value = score(row, other);
        if (value < own || (value == own && other < column)) { smaller++; }
      }
      bits |= select(0u, 1u << i, smaller >= shape.cut);
    }
    mask[row * words + word] = bits;
  }
}
