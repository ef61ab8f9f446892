// dk and dv: EACH keys a lane, and of the queries (of all heads of the group) that see them four at a time, one loaded
// by each lane.
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<vec4f>;
@group(0) @binding(6) var<storage, read> along: array<f32>;
@group(0) @binding(7) var<storage, read_write> dk: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> dv: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let group = shape.heads / shape.kv_heads;
  let count = shape.queries * group;
  let quad = quad_of(id, groups, shape.keys, EACH);
  if (!quad.inside) { return; }
  let lane = quad.lane;
  var key: array<vec4f, EACH * PARTS>;
  var value: array<vec4f, EACH * PARTS>;
  var sum_k: array<vec4f, EACH * PARTS>;
  var sum_v: array<vec4f, EACH * PARTS>;
  for (var i = 0u; i < EACH; i++) {
    let base = key_index(quad.sequence, min(quad.first + i * 4u + lane, shape.keys - 1u), quad.kv_head);
    for (var d = 0u; d < PARTS; d++) {
      key[i * PARTS + d] = k[base + d] * shape.scale;
      value[i * PARTS + d] = v[base + d];
      sum_k[i * PARTS + d] = vec4f();
      sum_v[i * PARTS + d] = vec4f();
    }
  }
  // The same in all lanes: the first key is seen first, and the last one last.
  let last_key = min(quad.first + 4u * EACH, shape.keys) - 1u;
  let end = (last_key + min(shape.window, shape.queries - last_key)) * group;
  for (var t = quad.first * group; t < end; t += 4u) {
    let own = min(t + lane, count - 1u);
    let index = query_index(quad.sequence, quad.kv_head, own);
    let at = index * PARTS;
    let norm0 = lse[index];
    let mean0 = along[index];
    // A query that is not there stands before all keys.
    let position0 = select(own / group, 0x80000000u, t + lane >= count);
    let norm = vec4f(norm0, quadSwapX(norm0), quadSwapY(norm0), quadSwapDiagonal(norm0));
    let mean = vec4f(mean0, quadSwapX(mean0), quadSwapY(mean0), quadSwapDiagonal(mean0));
    let position = vec4u(position0, quadSwapX(position0), quadSwapY(position0), quadSwapDiagonal(position0));
    var score: array<vec4f, EACH>;
    var pull: array<vec4f, EACH>;
    for (var i = 0u; i < EACH; i++) { score[i] = vec4f(); pull[i] = vec4f(); }
    var own_q: array<vec4f, PARTS>;
    var own_g: array<vec4f, PARTS>;
    for (var d = 0u; d < PARTS; d++) {
      let q0 = q[at + d];
      own_q[d] = q0;
      let q1 = quadSwapX(q0);
      let q2 = quadSwapY(q0);
      let q3 = quadSwapDiagonal(q0);
      let g0 = dy[at + d];
      own_g[d] = g0;
      let g1 = quadSwapX(g0);
      let g2 = quadSwapY(g0);
      let g3 = quadSwapDiagonal(g0);
      for (var i = 0u; i < EACH; i++) {
        let a = key[i * PARTS + d];
        let b = value[i * PARTS + d];
        score[i] = with_products(score[i], a, q0, q1, q2, q3);
        pull[i] = with_products(pull[i], b, g0, g1, g2, g3);
      }
    }
    for (var i = 0u; i < EACH; i++) {
      let seen = sees(position, vec4u(quad.first + i * 4u + lane));
      let s = capped4(score[i]);
      let share = select(vec4f(), exp(s - norm), seen);
      score[i] = share * (pull[i] - mean) * capped_slope4(s) * shape.scale;
      pull[i] = share;
    }
    for (var d = 0u; d < PARTS; d++) {
      let q0 = own_q[d];
      let q1 = quadSwapX(q0);
      let q2 = quadSwapY(q0);
      let q3 = quadSwapDiagonal(q0);
      let g0 = own_g[d];
      let g1 = quadSwapX(g0);
      let g2 = quadSwapY(g0);
      let g3 = quadSwapDiagonal(g0);
      for (var i = 0u; i < EACH; i++) {
        let slope = score[i];
        let share = pull[i];
        sum_k[i * PARTS + d] = with_mix(sum_k[i * PARTS + d], slope, q0, q1, q2, q3);
        sum_v[i * PARTS + d] = with_mix(sum_v[i * PARTS + d], share, g0, g1, g2, g3);
      }
    }
  }
  for (var i = 0u; i < EACH; i++) {
    let at = quad.first + i * 4u + lane;
    if (at < shape.keys) {
      let base = key_index(quad.sequence, at, quad.kv_head);
      for (var d = 0u; d < PARTS; d++) { dk[base + d] = sum_k[i * PARTS + d]; dv[base + d] = sum_v[i * PARTS + d]; }
    }
  }
}
