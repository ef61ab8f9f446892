// dk and dv: 64 keys a workgroup, the queries (of all heads of the group) that see them in tiles.
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> lse: array<f32>;
@group(0) @binding(5) var<storage, read> dy: array<vec4f>;
@group(0) @binding(6) var<storage, read> along: array<f32>;
@group(0) @binding(7) var<storage, read_write> dk: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> dv: array<vec4f>;

var<workgroup> tile_q: array<vec4f, TILE * PARTS>;
var<workgroup> tile_dy: array<vec4f, TILE * PARTS>;
var<workgroup> tile_norm: array<f32, TILE>;
var<workgroup> tile_mean: array<f32, TILE>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let group = shape.heads / shape.kv_heads;
  let count = shape.queries * group;
  let block = block_of(workgroup, groups, shape.keys);
  if (!block.inside) { return; }
  let position = min(block.first + thread, shape.keys - 1u);
  let base = key_index(block.sequence, position, block.kv_head);
  var key: array<vec4f, PARTS>;
  var value: array<vec4f, PARTS>;
  var sum_k: array<vec4f, PARTS>;
  var sum_v: array<vec4f, PARTS>;
  for (var d = 0u; d < PARTS; d++) {
    key[d] = k[base + d] * shape.scale;
    value[d] = v[base + d];
    sum_k[d] = vec4f();
    sum_v[d] = vec4f();
  }
  // The same in all threads: the first key is seen first, and the last one last.
  let last_key = min(block.first + 64u, shape.keys) - 1u;
  let end = (last_key + min(shape.window, shape.queries - last_key)) * group;
  for (var t = block.first * group; t < end; t += TILE) {
    workgroupBarrier();
    for (var i = thread; i < TILE * PARTS; i += 64u) {
      let index = query_index(block.sequence, block.kv_head, min(t + i / PARTS, count - 1u));
      tile_q[i] = q[index * PARTS + i % PARTS];
      tile_dy[i] = dy[index * PARTS + i % PARTS];
    }
    if (thread < TILE) {
      let index = query_index(block.sequence, block.kv_head, min(t + thread, count - 1u));
      tile_norm[thread] = lse[index];
      tile_mean[thread] = along[index];
    }
    workgroupBarrier();
    for (var row = 0u; row < TILE; row += 4u) {
      let at = row * PARTS;
      var score = vec4f();
      var pull = vec4f();
      for (var d = 0u; d < PARTS; d++) {
        score = with_products(score, key[d], tile_q[at + d], tile_q[at + PARTS + d], tile_q[at + 2u * PARTS + d], tile_q[at + 3u * PARTS + d]);
        pull = with_products(pull, value[d], tile_dy[at + d], tile_dy[at + PARTS + d], tile_dy[at + 2u * PARTS + d], tile_dy[at + 3u * PARTS + d]);
      }
      let queries = vec4u(t + row) + vec4u(0u, 1u, 2u, 3u);
      let seen = sees(queries / group, vec4u(position)) & (queries < vec4u(count));
      let norm = vec4f(tile_norm[row], tile_norm[row + 1u], tile_norm[row + 2u], tile_norm[row + 3u]);
      let mean = vec4f(tile_mean[row], tile_mean[row + 1u], tile_mean[row + 2u], tile_mean[row + 3u]);
      let s = capped4(score);
      let share = select(vec4f(), exp(s - norm), seen);
      let slope = share * (pull - mean) * capped_slope4(s) * shape.scale;
      for (var d = 0u; d < PARTS; d++) {
        sum_k[d] = with_mix(sum_k[d], slope, tile_q[at + d], tile_q[at + PARTS + d], tile_q[at + 2u * PARTS + d], tile_q[at + 3u * PARTS + d]);
        sum_v[d] = with_mix(sum_v[d], share, tile_dy[at + d], tile_dy[at + PARTS + d], tile_dy[at + 2u * PARTS + d], tile_dy[at + 3u * PARTS + d]);
      }
    }
  }
  if (block.first + thread >= shape.keys) { return; }
  for (var d = 0u; d < PARTS; d++) { dk[base + d] = sum_k[d]; dv[base + d] = sum_v[d]; }
}
