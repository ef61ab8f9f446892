// The INT4 code of a weight: clamp(round(v / delta) + zero, 0, 15), half to even, on the float32 nearest to v / delta:
// the host's code exactly (src/kernels/int4-code.ts). Division may be off by 2.5 ULP here, which decides only beside a
// half; there v is compared with delta · half in integers, which no compiler fuses or reorders. Beyond 16 steps any
// zero point clamps. delta is at least 2⁻¹²⁴.

// The float32 nearest to v / delta against odd / 2, given both as bits: -1 below, 0 equal, 1 above. They are close.
fn int4_side(v: u32, delta: u32, odd: u32) -> i32 {
  let v_digits = (v & 0x7fffffu) | 0x800000u;
  let delta_digits = (delta & 0x7fffffu) | 0x800000u;
  // In eighths of delta's last digit, v is v_digits << 1 … 8 and delta · odd / 2 less than 2³².
  let shift = u32(i32((v >> 23u) & 255u) - i32((delta >> 23u) & 255u) + 3);
  let distance = i32((v_digits << shift) - delta_digits * odd * 4u);
  // What is within half a unit in the last place of odd / 2 rounds to it; below a power of two that unit is half as wide.
  let narrow = select(0u, 1u, odd == 1u && distance < 0);
  let reach = delta_digits >> (22u - firstLeadingBit(odd) + narrow);
  return select(sign(distance), 0, abs(distance) <= i32(reach));
}

fn int4_code(v: f32, delta: f32, zero: f32) -> u32 {
  let quotient = min(abs(v) / delta, 16.0);
  let whole = floor(quotient);
  var steps = round(quotient);
  if (abs(quotient - whole - 0.5) < 0.001) {
    let floor_steps = u32(whole);
    let side = int4_side(bitcast<u32>(v), bitcast<u32>(delta), 2u * floor_steps + 1u);
    let up = select(side > 0, (floor_steps & 1u) == 1u, side == 0);
    steps = whole + select(0.0, 1.0, up);
  }
  return u32(clamp(zero + select(steps, -steps, v < 0.0), 0.0, 15.0));
}
