// dk and dv: one key row and KV head a thread, over all queries (of all heads of the group) that see the key.
@group(0) @binding(1) var<storage, read> q: array<Part>;
@group(0) @binding(2) var<storage, read> k: array<Part>;
@group(0) @binding(3) var<storage, read> v: array<Part>;
@group(0) @binding(4) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<Part>;
@group(0) @binding(6) var<storage, read> along: array<f32>;
@group(0) @binding(7) var<storage, read_write> dk: array<Part>;
@group(0) @binding(8) var<storage, read_write> dv: array<Part>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let key_head = flat_index(id, groups);
  if (key_head >= shape.rows * shape.kv_heads) { return; }
  let row = key_head / shape.kv_heads;
  let kv_head = key_head % shape.kv_heads;
  let sequence = row / shape.keys;
  let group = shape.heads / shape.kv_heads;
  let base = key_head * PARTS;
  var key: array<Part, PARTS>;
  var value: array<Part, PARTS>;
  var sum_k: array<Part, PARTS>;
  var sum_v: array<Part, PARTS>;
  for (var d = 0u; d < PARTS; d++) {
    key[d] = k[base + d] * shape.scale;
    value[d] = v[base + d];
    sum_k[d] = Part();
    sum_v[d] = Part();
  }
  let position = row % shape.keys;
  let end = position + min(shape.window, shape.queries - position);
  for (var t = position; t < end; t++) {
    for (var h = 0u; h < group; h++) {
      let pair = (sequence * shape.queries + t) * shape.heads + kv_head * group + h;
      let at = pair * PARTS;
      var score = 0.0;
      var pull = 0.0;
      for (var d = 0u; d < PARTS; d++) { score += inner(key[d], q[at + d]); pull += inner(value[d], dy[at + d]); }
      score = capped(score);
      let share = exp(score - lse[pair]);
      let slope = share * (pull - along[pair]) * capped_slope(score) * shape.scale;
      for (var d = 0u; d < PARTS; d++) {
        sum_k[d] += slope * q[at + d];
        sum_v[d] += share * dy[at + d];
      }
    }
  }
  for (var d = 0u; d < PARTS; d++) { dk[base + d] = sum_k[d]; dv[base + d] = sum_v[d]; }
}
