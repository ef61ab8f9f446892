// One INT4 weight: see weight_i4.wgsl.
@group(0) @binding(2) var<storage, read> w: array<u32>;
@group(0) @binding(7) var<storage, read> grid: array<vec2f>;
fn weight_at(row: u32, column: u32) -> f32 {
  let code = (w[(row * shape.w_row + column) >> 3u] >> ((column & 7u) * 4u)) & 15u;
  let cell = grid[row * shape.grid_width + (column >> shape.grid_shift)];
  return cell.x * (f32(code) - cell.y);
}
