// Causal attention with an online softmax: one query row and head a thread, keys streamed once.
@group(0) @binding(1) var<storage, read> q: array<Part>;
@group(0) @binding(2) var<storage, read> k: array<Part>;
@group(0) @binding(3) var<storage, read> v: array<Part>;
@group(0) @binding(4) var<storage, read> start: array<i32>;
@group(0) @binding(5) var<storage, read_write> y: array<Part>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let query_head = flat_index(id, groups);
  if (query_head >= shape.rows * shape.heads) { return; }
  let row = query_head / shape.heads;
  let head = query_head % shape.heads;
  let sequence = row / shape.queries;
  let kv_head = head / (shape.heads / shape.kv_heads);
  // Rows that are padding may lie outside; they see something too, so that nothing is divided by zero.
  let position = first_position(sequence, shape.starts) + i32(row % shape.queries);
  let end = u32(clamp(position + 1, 1, i32(shape.keys)));
  let base = query_head * PARTS;
  var query: array<Part, PARTS>;
  var mix: array<Part, PARTS>;
  for (var d = 0u; d < PARTS; d++) { query[d] = q[base + d] * shape.scale; mix[d] = Part(); }
  var top = -3.0e38;
  var total = 0.0;
  for (var j = end - min(end, shape.window); j < end; j++) {
    let at = key_index(sequence, j, kv_head);
    var score = 0.0;
    for (var d = 0u; d < PARTS; d++) { score += inner(query[d], k[at + d]); }
    score = capped(score);
    let higher = max(top, score);
    let fade = exp(top - higher);
    let share = exp(score - higher);
    total = total * fade + share;
    for (var d = 0u; d < PARTS; d++) { mix[d] = mix[d] * fade + share * v[at + d]; }
    top = higher;
  }
  for (var d = 0u; d < PARTS; d++) { y[base + d] = mix[d] / total; }
  lse[query_head] = top + log(total);
}
