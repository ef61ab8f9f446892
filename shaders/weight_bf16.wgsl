// Four consecutive weights of a row, from element index 4·i; a bfloat16 is the upper half of a float.
@group(0) @binding(2) var<storage, read> w: array<vec2u>;
fn weight4(i: u32, cell: Cell) -> vec4f {
  let packed = w[i];
  return bitcast<vec4f>(vec4u(packed.x << 16u, packed.x & 0xffff0000u, packed.y << 16u, packed.y & 0xffff0000u));
}
