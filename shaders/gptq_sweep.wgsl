// GPTQ within a block of columns, one row of the weight a thread: a column takes the errors of the columns of its block
// before it, is rounded, and leaves its own error. Needs int4_code.wgsl and int4_grid.wgsl.
struct Shape {
  rows: u32,
  columns: u32,
  stride: u32,     // rows, padded to whole vec4
  block: u32,      // columns of a block
  groups: u32,
  shift: u32,      // log₂ of a group's width
  symmetric: u32,
  rule: u32,
  has_mask: u32,
}
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> mask: array<u32>;
@group(0) @binding(2) var<storage, read> factor: array<f32>;
@group(0) @binding(3) var<storage, read> held: array<f32>;      // [columns, stride]
@group(0) @binding(4) var<storage, read> start: array<i32>;
@group(0) @binding(5) var<storage, read_write> codes: array<u32>;
@group(0) @binding(6) var<storage, read_write> grid: array<f32>;
@group(0) @binding(7) var<storage, read_write> errors: array<f32>;  // [block, stride]

fn kept(row: u32, column: u32) -> bool {
  if (shape.has_mask == 0u) { return true; }
  let words = (shape.columns + 31u) / 32u;
  return ((mask[row * words + (column >> 5u)] >> (column & 31u)) & 1u) == 1u;
}

// The grid of the group that begins here, from what earlier blocks have left of its weights.
fn grid_from(row: u32, begin: u32) -> Int4Grid {
  var lo = 0.0;
  var hi = 0.0;
  for (var column = begin; column < min(shape.columns, begin + (1u << shape.shift)); column++) {
    let v = select(0.0, held[column * shape.stride + row], kept(row, column));
    lo = min(lo, v);
    hi = max(hi, v);
  }
  return int4_grid(lo, hi, shape.symmetric != 0u, shape.rule);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups);
  if (row >= shape.rows) { return; }
  let begin = u32(start[0]);
  let end = min(shape.columns, begin + shape.block);
  let words = (shape.columns + 7u) / 8u;
  var own = Int4Grid(1.0, 8.0);
  var word = 0u;
  for (var column = begin; column < end; column++) {
    let cell = 2u * (row * shape.groups + (column >> shape.shift));
    if ((column & ((1u << shape.shift) - 1u)) == 0u) {
      own = grid_from(row, column);
      grid[cell] = own.delta;
      grid[cell + 1u] = own.zero;
    } else if (column == begin) {
      own = Int4Grid(grid[cell], grid[cell + 1u]);
    }
    var v = 0.0;
    if (kept(row, column)) {
      var taken = 0.0;
      for (var k = begin; k < column; k++) {
        taken += errors[(k - begin) * shape.stride + row] * factor[k * shape.columns + column];
      }
      v = held[column * shape.stride + row] - taken;
    }
    let code = int4_code(v, own.delta, own.zero);
    let rest = v - own.delta * (f32(code) - own.zero);
    var error = 0.0;
    if (rest != 0.0) { error = rest / factor[column * (shape.columns + 1u)]; }
    errors[(column - begin) * shape.stride + row] = error;
    word |= code << (4u * (column & 7u));
    if ((column & 7u) == 7u || column + 1u == end) {
      codes[row * words + column / 8u] = word;
      word = 0u;
    }
  }
}
