// A row for 64 threads: sums and maxima over all of them, always in the same order. For uniform control flow.
var<workgroup> parts: array<vec2f, 64>;

fn row_of(workgroup: vec3u, groups: vec3u) -> u32 { return workgroup.y * groups.x + workgroup.x; }

fn row_sum(thread: u32, own: vec2f) -> vec2f {
  workgroupBarrier(); // others may still look at what was there before
  parts[thread] = own;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) { parts[thread] += parts[thread + half]; }
  }
  workgroupBarrier();
  return parts[0];
}

// Of pairs of a value and its place: the largest value at its first place.
fn row_first(thread: u32, own: vec2f) -> vec2f {
  workgroupBarrier();
  parts[thread] = own;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) {
      let a = parts[thread];
      let b = parts[thread + half];
      parts[thread] = select(a, b, b.x > a.x || (b.x == a.x && b.y < a.y));
    }
  }
  workgroupBarrier();
  return parts[0];
}
