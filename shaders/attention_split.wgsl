// One query row and head a workgroup, for few queries over a long cache: each thread takes every 64th key with a softmax
// of its own; then halves of the threads are merged, always in the same order.
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> start: array<i32>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;

var<workgroup> others_top: array<f32, 32>;
var<workgroup> others_total: array<f32, 32>;
var<workgroup> others_mix: array<vec4f, 32u * PARTS>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let index = workgroup.y * groups.x + workgroup.x;
  if (index >= shape.rows * shape.heads) { return; }
  let row = index / shape.heads;
  let sequence = row / shape.queries;
  let kv_head = (index % shape.heads) / (shape.heads / shape.kv_heads);
  // Rows that are padding may lie outside; they see something too, so that nothing is divided by zero.
  let position = first_position(sequence, shape.starts) + i32(row % shape.queries);
  let end = u32(clamp(position + 1, 1, i32(shape.keys)));
  var query: array<vec4f, PARTS>;
  var mix: array<vec4f, PARTS>;
  for (var d = 0u; d < PARTS; d++) { query[d] = q[index * PARTS + d] * shape.scale; mix[d] = vec4f(); }
  var top = -3.0e38;
  var total = 0.0;
  for (var j = end - min(end, shape.window) + thread; j < end; j += 64u) {
    let at = key_index(sequence, j, kv_head);
    var score = 0.0;
    for (var d = 0u; d < PARTS; d++) { score += dot(query[d], k[at + d]); }
    score = capped(score);
    let higher = max(top, score);
    let fade = exp(top - higher);
    let share = exp(score - higher);
    total = total * fade + share;
    for (var d = 0u; d < PARTS; d++) { mix[d] = mix[d] * fade + share * v[at + d]; }
    top = higher;
  }
  for (var half = 32u; half > 0u; half /= 2u) {
    if (thread >= half && thread < 2u * half) {
      let slot = thread - half;
      others_top[slot] = top;
      others_total[slot] = total;
      for (var d = 0u; d < PARTS; d++) { others_mix[slot * PARTS + d] = mix[d]; }
    }
    workgroupBarrier();
    if (thread < half) {
      let higher = max(top, others_top[thread]);
      let fade = exp(top - higher);
      let share = exp(others_top[thread] - higher);
      total = total * fade + share * others_total[thread];
      for (var d = 0u; d < PARTS; d++) { mix[d] = mix[d] * fade + share * others_mix[thread * PARTS + d]; }
      top = higher;
    }
    workgroupBarrier();
  }
  if (thread > 0u) { return; }
  for (var d = 0u; d < PARTS; d++) { y[index * PARTS + d] = mix[d] / total; }
  lse[index] = top + log(total);
}
