// INT4: eight codes of a row are a word; rows are padded to whole words.
@group(0) @binding(6) var<storage, read_write> y: array<u32>;
@group(0) @binding(7) var<storage, read> grid: array<vec2f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let word = flat_index(id, groups);
  let words = (shape.columns + 7u) / 8u;
  if (word >= shape.rows * words) { return; }
  let row = word / words;
  let column = (word % words) * 8u;
  let sums = products(row, column);
  // Groups are eight wide or wider.
  let step = grid[row * shape.grid_groups + (column >> shape.group_shift)];
  var bits = 0u;
  for (var i = 0u; i < min(8u, shape.columns - column); i++) {
    bits |= int4_code(merged(row, column + i, sums[i >> 2u][i & 3u]), step.x, step.y) << (4u * i);
  }
  y[word] = bits;
}
