// What the subgroup kernels add to matmul_shape.wgsl. Subgroups of 4 lanes (SwiftShader) stand side by side along the
// columns: a lane owns 4 columns, a subgroup 16 columns and 8 rows. Each lane loads a quarter of what the subgroup
// shares, and broadcasts hand it round: 24 loads for 128 multiplies, against 32 for 64 in the plain tiles.
@group(0) @binding(3) var<storage, read> addend: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4f>;

struct Block { row: u32, column: u32, lane: u32, inside: bool }

fn block_of(id: vec3u, groups: vec3u) -> Block {
  let subgroup = flat_index(id, groups) / 4u;
  let across = (shape.end_column - shape.first_column + 15u) / 16u;
  let lane = id.x % 4u;
  let row = shape.first_row + (subgroup / across) * 8u;
  let column = shape.first_column + (subgroup % across) * 16u;
  return Block(row, column + lane * 4u, lane, row < shape.end_row);
}

fn limit_of(group: u32, row: u32, full: u32) -> u32 {
  return active_columns(group, min(row, shape.rows - 1u), full);
}

// Columns are a multiple of 4 here, so a lane stores a whole vec4 or nothing.
fn store_row(row: u32, column: u32, sum: vec4f) {
  if (row >= shape.end_row || column >= shape.end_column) { return; }
  let at = (row * shape.columns + column) / 4u;
  var value = shape.scale * sum;
  if (shape.has_bias != 0u) { value += vec4f(bias(column), bias(column + 1u), bias(column + 2u), bias(column + 3u)); }
  if (shape.outer_limit != NONE && shape.orientation != 2u) {
    let end = active_columns(shape.outer_limit, row, shape.columns);
    value = select(vec4f(), value, vec4u(column, column + 1u, column + 2u, column + 3u) < vec4u(end));
  }
  if (shape.has_addend == 1u) { value += addend[at]; }
  if (shape.has_addend == 2u) { value += y[at]; }
  y[at] = value;
}
