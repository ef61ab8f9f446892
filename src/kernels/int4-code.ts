/**
 * The INT4 code of a weight on a grid (METHODS §6, Eq. 3 of the paper): clamp(round(v / δ) + z, 0, 15), half to even,
 * on the float32 nearest to v / δ. Wherever codes are made, they are made by this function or by its twin
 * `shaders/int4_code.wgsl`, which gives the same code for the same float32 v, δ and z.
 */
export function int4Code(v: number, delta: number, zero: number): number {
  return Math.min(15, Math.max(0, roundHalfEven(Math.fround(v / delta)) + zero));
}

function roundHalfEven(value: number): number {
  const whole = Math.floor(value);
  const rest = value - whole;
  if (rest === 0.5) return whole + (whole & 1);
  return rest < 0.5 ? whole : whole + 1;
}
