// dq, and Σ dy·y that the key pass needs: one query row and head a thread. Probabilities are recomputed from lse.
@group(0) @binding(1) var<storage, read> q: array<Part>;
@group(0) @binding(2) var<storage, read> k: array<Part>;
@group(0) @binding(3) var<storage, read> v: array<Part>;
@group(0) @binding(4) var<storage, read> y: array<Part>;
@group(0) @binding(5) var<storage, read> lse: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<Part>;
@group(0) @binding(7) var<storage, read_write> dq: array<Part>;
@group(0) @binding(8) var<storage, read_write> along: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let query_head = flat_index(id, groups);
  if (query_head >= shape.rows * shape.heads) { return; }
  let row = query_head / shape.heads;
  let head = query_head % shape.heads;
  let sequence = row / shape.queries;
  let kv_head = head / (shape.heads / shape.kv_heads);
  let end = row % shape.queries + 1u;
  let base = query_head * PARTS;
  var query: array<Part, PARTS>;
  var slope: array<Part, PARTS>;
  var sum: array<Part, PARTS>;
  var mean = 0.0;
  for (var d = 0u; d < PARTS; d++) {
    query[d] = q[base + d] * shape.scale;
    slope[d] = dy[base + d];
    sum[d] = Part();
    mean += inner(slope[d], y[base + d]);
  }
  let norm = lse[query_head];
  for (var j = end - min(end, shape.window); j < end; j++) {
    let at = key_index(sequence, j, kv_head);
    var score = 0.0;
    var pull = 0.0;
    for (var d = 0u; d < PARTS; d++) { score += inner(query[d], k[at + d]); pull += inner(slope[d], v[at + d]); }
    score = capped(score);
    let weight = exp(score - norm) * (pull - mean) * capped_slope(score) * shape.scale;
    for (var d = 0u; d < PARTS; d++) { sum[d] += weight * k[at + d]; }
  }
  for (var d = 0u; d < PARTS; d++) { dq[base + d] = sum[d]; }
  along[query_head] = mean;
}
