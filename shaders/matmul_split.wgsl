// Sums of the threads of a workgroup that made parts of the same inner sum, added in a fixed order.
const THREADS = 64u;
var<workgroup> partial: array<vec4f, THREADS>;

// The sum over all threads whose numbers differ by a multiple of `apart`; whole in those below it.
fn sum_apart(part: vec4f, thread: u32, apart: u32) -> vec4f {
  partial[thread] = part;
  for (var half = THREADS / 2u; half >= apart; half /= 2u) {
    workgroupBarrier();
    if (thread < half) { partial[thread] += partial[thread + half]; }
  }
  let sum = partial[thread];
  workgroupBarrier();
  return sum;
}
