// The grid of a group of weights between lo ≤ 0 and hi ≥ 0, bit for bit that of src/kernels/quantize/grid.ts, which
// says what the rules are. Needs int4_code.wgsl. Division has an error of its own in WGSL, so δ is divided in integers.
struct Int4Grid { delta: f32, zero: f32 }

const INT4_EXACT = 0u;
const INT4_PUBLISHED = 2u;
const INT4_EMPTY = 0x1p-100;
const INT4_LEAST = 0x1p-14;
const INT4_MOST = 4352.0;

// The float32 nearest to a / count, half to even, for 14 and 15; a is not below INT4_EMPTY.
fn int4_part(a: f32, count: u32) -> f32 {
  let bits = bitcast<u32>(a);
  let digits = ((bits & 0x7fffffu) | 0x800000u) << 8u;
  let quotient = digits / count;
  // 27 or 28 bits and what is left over; 24 are kept.
  let drop = firstLeadingBit(quotient) - 23u;
  let kept = quotient >> drop;
  let rest = quotient & ((1u << drop) - 1u);
  let half = 1u << (drop - 1u);
  let beyond = rest > half || (rest == half && (quotient * count != digits || (kept & 1u) == 1u));
  return bitcast<f32>((((bits >> 23u) + drop - 8u) << 23u) + (kept & 0x7fffffu) + select(0u, 1u, beyond));
}

// Seven significant bits: 17 of the 23 behind the point are dropped.
fn int4_snap(v: f32) -> f32 {
  let bits = bitcast<u32>(v);
  let snapped = (bits + 0xffffu + ((bits >> 17u) & 1u)) & 0xfffe0000u;
  return clamp(bitcast<f32>(snapped), INT4_LEAST, INT4_MOST);
}

fn int4_snap_up(v: f32) -> f32 {
  return clamp(bitcast<f32>((bitcast<u32>(v) + 0x1ffffu) & 0xfffe0000u), INT4_LEAST, INT4_MOST);
}

fn int4_zero(lo: f32, delta: f32, symmetric: bool) -> f32 {
  return select(f32(int4_code(-lo, delta, 0.0)), 8.0, symmetric);
}

fn int4_exact(lo: f32, hi: f32, raw: f32, symmetric: bool) -> Int4Grid {
  var delta = int4_snap(raw);
  var zero = int4_zero(lo, delta, symmetric);
  // Products of few bits, hence exact.
  if (hi > (15.5 - zero) * delta || -lo > (zero + 0.5) * delta) {
    delta = min(bitcast<f32>(bitcast<u32>(delta) + 0x20000u), INT4_MOST);
    zero = int4_zero(lo, delta, symmetric);
  }
  if (zero == 0.0) {
    zero = 1.0;
    delta = int4_snap_up(max(int4_part(max(hi, INT4_EMPTY), 14u), -lo));
  }
  return Int4Grid(delta, zero);
}

fn int4_grid(low: f32, high: f32, symmetric: bool, rule: u32) -> Int4Grid {
  var lo = low;
  var hi = high;
  if (hi - lo < INT4_EMPTY) {
    if (rule != INT4_PUBLISHED) { return Int4Grid(1.0, 8.0); }
    lo = -1.0;
    hi = 1.0;
  }
  var span = hi - lo;
  if (symmetric) {
    let most = max(-lo, hi);
    span = select(2.0 * most, most, rule == INT4_PUBLISHED && lo == 0.0);
  }
  let raw = int4_part(span, 15u);
  if (rule == INT4_EXACT) { return int4_exact(lo, hi, raw, symmetric); }
  return Int4Grid(raw, int4_zero(lo, raw, symmetric));
}
