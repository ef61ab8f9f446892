// Four consecutive weights of a row, from element index 4·i; halves packed low first.
@group(0) @binding(2) var<storage, read> w: array<vec2u>;
fn weight4(i: u32, cell: Cell) -> vec4f {
  let packed = w[i];
  return vec4f(unpack2x16float(packed.x), unpack2x16float(packed.y));
}
