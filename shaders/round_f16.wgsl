// Float32 bits to half precision, to the nearest, ties to even: WGSL's own conversion may round either way.
fn narrow(bits: u32) -> u32 {
  let sign = (bits >> 16u) & 0x8000u;
  let magnitude = bits & 0x7fffffffu;
  if (magnitude >= 0x47800000u) { return sign | 0x7c00u; }  // 65536 and more; 65520 and more carry into infinity below
  if (magnitude >= 0x38800000u) {
    let rebased = magnitude - 0x38000000u;
    return sign | ((rebased + 0xfffu + ((rebased >> 13u) & 1u)) >> 13u);
  }
  if (magnitude < 0x33000000u) { return sign; }  // below half the smallest subnormal
  let shift = 126u - (magnitude >> 23u);
  let significand = (magnitude & 0x7fffffu) | 0x800000u;
  let whole = significand >> shift;
  return sign | ((significand + (1u << (shift - 1u)) - 1u + (whole & 1u)) >> shift);
}
