// INT4 codes, eight to a word, low nibble first, rows padded to whole words. A cell is the pair (δ, z) that a group of
// consecutive inputs shares: Ŵ = δ·(q − z).
@group(0) @binding(2) var<storage, read> w: array<u32>;
@group(0) @binding(7) var<storage, read> grid: array<vec2f>;

alias Cell = vec2f;
fn cell_at(row: u32, column: u32) -> Cell {
  return grid[row * shape.grid_width + (column >> shape.grid_shift)];
}
// Steps of four along a row that stay within one cell.
fn cell_steps() -> u32 { return 1u << (shape.grid_shift - 2u); }

// Four codes in the lower half of a word. A nibble is set into the fraction of a float whose exponent makes it count
// ones, 2ⁿ + q, without shift or conversion; taking 2ⁿ + z away is exact.
fn decode4(half: u32, cell: Cell) -> vec4f {
  let nibbles = vec4u(half) & vec4u(0xfu, 0xf0u, 0xf00u, 0xf000u);
  let raised = bitcast<vec4f>(nibbles | vec4u(0x4b000000u, 0x49000000u, 0x47000000u, 0x45000000u));
  return cell.x * (raised - (vec4f(0x1p23f, 0x1p19f, 0x1p15f, 0x1p11f) + cell.y));
}

// Four consecutive weights of a row, from padded element index 4·i.
fn weight4(i: u32, cell: Cell) -> vec4f {
  let word = w[i >> 1u];
  return decode4(select(word, word >> 16u, (i & 1u) == 1u), cell);
}

// Eight, of one word: i is even.
fn weight8(i: u32, cell: Cell) -> mat2x4f {
  let word = w[i >> 1u];
  return mat2x4f(decode4(word, cell), decode4(word >> 16u, cell));
}
