// Causal attention with an online softmax: EACH queries a lane, four keys at a time, one loaded by each lane.
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> start: array<i32>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let group = shape.heads / shape.kv_heads;
  let count = shape.queries * group;
  let quad = quad_of(id, groups, count, EACH);
  if (!quad.inside) { return; }
  let lane = quad.lane;
  let start_position = first_position(quad.sequence, shape.starts);
  var query: array<vec4f, EACH * PARTS>;
  var mix: array<vec4f, EACH * PARTS>;
  var end: array<u32, EACH>;
  var top: array<f32, EACH>;
  var total: array<f32, EACH>;
  for (var i = 0u; i < EACH; i++) {
    let at = min(quad.first + i * 4u + lane, count - 1u);
    // Rows that are padding may lie outside; they see something too, so that nothing is divided by zero.
    end[i] = u32(clamp(start_position + i32(at / group) + 1, 1, i32(shape.keys)));
    top[i] = -3.0e38;
    total[i] = 0.0;
    let base = query_index(quad.sequence, quad.kv_head, at) * PARTS;
    for (var d = 0u; d < PARTS; d++) { query[i * PARTS + d] = q[base + d] * shape.scale; mix[i * PARTS + d] = vec4f(); }
  }
  // The same in all lanes: what the first and the last query of the quad see.
  let first_end = u32(clamp(start_position + i32(quad.first / group) + 1, 1, i32(shape.keys)));
  let last_query = min(quad.first + 4u * EACH, count) - 1u;
  let last_end = u32(clamp(start_position + i32(last_query / group) + 1, 1, i32(shape.keys)));
  for (var j = first_end - min(first_end, shape.window); j < last_end; j += 4u) {
    let at = key_index(quad.sequence, min(j + lane, last_end - 1u), quad.kv_head);
    let keys = handed(j, lane);
    var score: array<vec4f, EACH>;
    for (var i = 0u; i < EACH; i++) { score[i] = vec4f(); }
    for (var d = 0u; d < PARTS; d++) {
      let k0 = k[at + d];
      let k1 = quadSwapX(k0);
      let k2 = quadSwapY(k0);
      let k3 = quadSwapDiagonal(k0);
      for (var i = 0u; i < EACH; i++) {
        let a = query[i * PARTS + d];
        score[i] = with_products(score[i], a, k0, k1, k2, k3);
      }
    }
    var fade: array<f32, EACH>;
    for (var i = 0u; i < EACH; i++) {
      let seen = sees(vec4u(end[i] - 1u), keys);
      let s = select(vec4f(-3.0e38), capped4(score[i]), seen);
      let higher = max(max(top[i], max(s.x, s.y)), max(s.z, s.w));
      fade[i] = exp(top[i] - higher);
      let share = exp(s - higher);
      total[i] = total[i] * fade[i] + (share.x + share.y) + (share.z + share.w);
      top[i] = higher;
      score[i] = share;
    }
    for (var d = 0u; d < PARTS; d++) {
      let v0 = v[at + d];
      let v1 = quadSwapX(v0);
      let v2 = quadSwapY(v0);
      let v3 = quadSwapDiagonal(v0);
      for (var i = 0u; i < EACH; i++) {
        let share = score[i];
        mix[i * PARTS + d] = with_mix(mix[i * PARTS + d] * fade[i], share, v0, v1, v2, v3);
      }
    }
  }
  for (var i = 0u; i < EACH; i++) {
    let at = quad.first + i * 4u + lane;
    if (at < count) {
      let index = query_index(quad.sequence, quad.kv_head, at);
      for (var d = 0u; d < PARTS; d++) { y[index * PARTS + d] = mix[i * PARTS + d] / total[i]; }
      lse[index] = top[i] + log(total[i]);
    }
  }
}
