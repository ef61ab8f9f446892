// The element mask: one bit a weight, rows padded to whole words; 1 keeps the weight.
@group(0) @binding(7) var<storage, read> mask: array<u32>;
fn mask4(row: u32, column: u32) -> vec4f {
  let bits = mask[row * shape.mask_words + (column >> 5u)] >> (column & 31u);
  return vec4f((vec4u(bits) >> vec4u(0u, 1u, 2u, 3u)) & vec4u(1u));
}
fn mask1(row: u32, column: u32) -> f32 {
  return f32((mask[row * shape.mask_words + (column >> 5u)] >> (column & 31u)) & 1u);
}
