// dk and dv: one key row and KV head a thread, over all queries (of all heads of the group) that see the key.
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read> along: array<f32>;
@group(0) @binding(7) var<storage, read_write> dk: array<f32>;
@group(0) @binding(8) var<storage, read_write> dv: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= shape.rows * shape.kv_heads) { return; }
  let row = id.x / shape.kv_heads;
  let kv_head = id.x % shape.kv_heads;
  let sequence = row / shape.keys;
  let group = shape.heads / shape.kv_heads;
  let base = id.x * HEAD_DIM;
  var key: array<f32, HEAD_DIM>;
  var value: array<f32, HEAD_DIM>;
  var sum_k: array<f32, HEAD_DIM>;
  var sum_v: array<f32, HEAD_DIM>;
  for (var d = 0u; d < HEAD_DIM; d++) {
    key[d] = k[base + d] * shape.scale;
    value[d] = v[base + d];
    sum_k[d] = 0.0;
    sum_v[d] = 0.0;
  }
  for (var t = row % shape.keys; t < shape.queries; t++) {
    for (var h = 0u; h < group; h++) {
      let pair = (sequence * shape.queries + t) * shape.heads + kv_head * group + h;
      let at = pair * HEAD_DIM;
      var score = 0.0;
      var pull = 0.0;
      for (var d = 0u; d < HEAD_DIM; d++) { score += key[d] * q[at + d]; pull += value[d] * dy[at + d]; }
      let share = exp(score - lse[pair]);
      let slope = share * (pull - along[pair]) * shape.scale;
      for (var d = 0u; d < HEAD_DIM; d++) {
        sum_k[d] += slope * q[at + d];
        sum_v[d] += share * dy[at + d];
      }
    }
  }
  for (var d = 0u; d < HEAD_DIM; d++) { dk[base + d] = sum_k[d]; dv[base + d] = sum_v[d]; }
}
