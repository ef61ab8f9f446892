// Float32 bits to bfloat16: the upper half, to the nearest, ties to even. The largest carry into infinity.
fn narrow(bits: u32) -> u32 {
  return (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
}
