// dq, and Σ dy·y that the key pass needs: one query row and head a thread. Probabilities are recomputed from lse.
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> y: array<f32>;
@group(0) @binding(5) var<storage, read> lse: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<f32>;
@group(0) @binding(7) var<storage, read_write> dq: array<f32>;
@group(0) @binding(8) var<storage, read_write> along: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.rows * shape.heads) { return; }
  let row = id.x / shape.heads;
  let head = id.x % shape.heads;
  let sequence = row / shape.queries;
  let kv_head = head / (shape.heads / shape.kv_heads);
  let count = row % shape.queries + 1u;
  let base = id.x * HEAD_DIM;
  var query: array<f32, HEAD_DIM>;
  var slope: array<f32, HEAD_DIM>;
  var sum: array<f32, HEAD_DIM>;
  var mean = 0.0;
  for (var d = 0u; d < HEAD_DIM; d++) {
    query[d] = q[base + d] * shape.scale;
    slope[d] = dy[base + d];
    sum[d] = 0.0;
    mean += slope[d] * y[base + d];
  }
  let norm = lse[id.x];
  for (var j = 0u; j < count; j++) {
    let at = key_index(sequence, j, kv_head);
    var score = 0.0;
    var pull = 0.0;
    for (var d = 0u; d < HEAD_DIM; d++) { score += query[d] * k[at + d]; pull += slope[d] * v[at + d]; }
    let weight = exp(score - norm) * (pull - mean) * shape.scale;
    for (var d = 0u; d < HEAD_DIM; d++) { sum[d] += weight * k[at + d]; }
  }
  for (var d = 0u; d < HEAD_DIM; d++) { dq[base + d] = sum[d]; }
  along[id.x] = mean;
}
