// Clears the `cut` smallest scores of each row, one row a thread. The threshold is found bit by bit (scores are
// not negative, so their order is that of their bits); equal scores fall from the lowest column on.
struct Shape { rows: u32, columns: u32, cut: u32, group: u32, inverse_count: f32, has_sums: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(3) var<storage, read_write> mask: array<u32>;

fn score(row: u32, column: u32) -> u32 {
  var value = abs(weight(row * shape.columns + column));
  if (shape.has_sums != 0u) { value *= sqrt(sums[column] * shape.inverse_count); }
  return bitcast<u32>(value);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups);
  if (row >= shape.rows) { return; }
  // The largest threshold with at most `cut` scores below it.
  var threshold = 0u;
  var below = 0u;
  for (var bit = 31u; bit > 0u; bit--) {
    let candidate = threshold | (1u << (bit - 1u));
    var count = 0u;
    for (var column = 0u; column < shape.columns; column++) {
      count += select(0u, 1u, score(row, column) < candidate);
    }
    if (count <= shape.cut) { threshold = candidate; below = count; }
  }
  var ties = shape.cut - below;
  let words = (shape.columns + 31u) / 32u;
  for (var word = 0u; word < words; word++) {
    var bits = 0u;
    for (var i = 0u; i < min(32u, shape.columns - word * 32u); i++) {
      let value = score(row, word * 32u + i);
      var kept = value >= threshold;
      if (value == threshold && ties > 0u) { kept = false; ties--; }
      bits |= select(0u, 1u << i, kept);
    }
    mask[row * words + word] = bits;
  }
}
