// dq, and Σ dy·y that the key pass needs: EACH queries a lane, four keys at a time, one loaded by each lane.
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> y: array<vec4f>;
@group(0) @binding(5) var<storage, read> lse: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> dq: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> along: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let group = shape.heads / shape.kv_heads;
  let count = shape.queries * group;
  let quad = quad_of(id, groups, count, EACH);
  if (!quad.inside) { return; }
  let lane = quad.lane;
  var query: array<vec4f, EACH * PARTS>;
  var slope: array<vec4f, EACH * PARTS>;
  var sum: array<vec4f, EACH * PARTS>;
  var position: array<u32, EACH>;
  var norm: array<f32, EACH>;
  var mean: array<f32, EACH>;
  for (var i = 0u; i < EACH; i++) {
    let at = min(quad.first + i * 4u + lane, count - 1u);
    position[i] = at / group;
    let index = query_index(quad.sequence, quad.kv_head, at);
    norm[i] = lse[index];
    mean[i] = 0.0;
    for (var d = 0u; d < PARTS; d++) {
      query[i * PARTS + d] = q[index * PARTS + d] * shape.scale;
      slope[i * PARTS + d] = dy[index * PARTS + d];
      sum[i * PARTS + d] = vec4f();
      mean[i] += dot(slope[i * PARTS + d], y[index * PARTS + d]);
    }
  }
  // The same in all lanes: what the first and the last query of the quad see.
  let first_end = quad.first / group + 1u;
  let last_end = (min(quad.first + 4u * EACH, count) - 1u) / group + 1u;
  for (var j = first_end - min(first_end, shape.window); j < last_end; j += 4u) {
    let at = key_index(quad.sequence, min(j + lane, last_end - 1u), quad.kv_head);
    let keys = handed(j, lane);
    var score: array<vec4f, EACH>;
    var pull: array<vec4f, EACH>;
    for (var i = 0u; i < EACH; i++) { score[i] = vec4f(); pull[i] = vec4f(); }
    var own: array<vec4f, PARTS>;
    for (var d = 0u; d < PARTS; d++) {
      let k0 = k[at + d];
      own[d] = k0;
      let k1 = quadSwapX(k0);
      let k2 = quadSwapY(k0);
      let k3 = quadSwapDiagonal(k0);
      let v0 = v[at + d];
      let v1 = quadSwapX(v0);
      let v2 = quadSwapY(v0);
      let v3 = quadSwapDiagonal(v0);
      for (var i = 0u; i < EACH; i++) {
        let a = query[i * PARTS + d];
        let b = slope[i * PARTS + d];
        score[i] = with_products(score[i], a, k0, k1, k2, k3);
        pull[i] = with_products(pull[i], b, v0, v1, v2, v3);
      }
    }
    for (var i = 0u; i < EACH; i++) {
      let seen = sees(vec4u(position[i]), keys);
      let s = capped4(score[i]);
      let share = select(vec4f(), exp(s - norm[i]), seen);
      score[i] = share * (pull[i] - mean[i]) * capped_slope4(s) * shape.scale;
    }
    for (var d = 0u; d < PARTS; d++) {
      let k0 = own[d];
      let k1 = quadSwapX(k0);
      let k2 = quadSwapY(k0);
      let k3 = quadSwapDiagonal(k0);
      for (var i = 0u; i < EACH; i++) {
        let weight = score[i];
        sum[i * PARTS + d] = with_mix(sum[i * PARTS + d], weight, k0, k1, k2, k3);
      }
    }
  }
  for (var i = 0u; i < EACH; i++) {
    let at = quad.first + i * 4u + lane;
    if (at < count) {
      let index = query_index(quad.sequence, quad.kv_head, at);
      for (var d = 0u; d < PARTS; d++) { dq[index * PARTS + d] = sum[i * PARTS + d]; }
      along[index] = mean[i];
    }
  }
}
