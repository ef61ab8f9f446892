// Causal attention with an online softmax: 64 queries a workgroup, keys and values in tiles.
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> start: array<i32>;
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> lse: array<f32>;

var<workgroup> tile_k: array<vec4f, TILE * PARTS>;
var<workgroup> tile_v: array<vec4f, TILE * PARTS>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let group = shape.heads / shape.kv_heads;
  let count = shape.queries * group;
  let block = block_of(workgroup, groups, count);
  if (!block.inside) { return; }
  let start_position = first_position(block.sequence, shape.starts);
  let index = query_index(block.sequence, block.kv_head, min(block.first + thread, count - 1u));
  // Rows that are padding may lie outside; they see something too, so that nothing is divided by zero.
  let own = start_position + i32(min(block.first + thread, count - 1u) / group);
  let position = u32(clamp(own, 0, i32(shape.keys) - 1));
  var query: array<vec4f, PARTS>;
  var mix: array<vec4f, PARTS>;
  for (var d = 0u; d < PARTS; d++) { query[d] = q[index * PARTS + d] * shape.scale; mix[d] = vec4f(); }
  var top = -3.0e38;
  var total = 0.0;
  // The same in all threads: what the first and the last query of the block see.
  let first_end = u32(clamp(start_position + i32(block.first / group) + 1, 1, i32(shape.keys)));
  let last_query = min(block.first + 64u, count) - 1u;
  let last_end = u32(clamp(start_position + i32(last_query / group) + 1, 1, i32(shape.keys)));
  for (var j = first_end - min(first_end, shape.window); j < last_end; j += TILE) {
    workgroupBarrier();
    for (var i = thread; i < TILE * PARTS; i += 64u) {
      let at = key_index(block.sequence, min(j + i / PARTS, last_end - 1u), block.kv_head) + i % PARTS;
      tile_k[i] = k[at];
      tile_v[i] = v[at];
    }
    workgroupBarrier();
    for (var row = 0u; row < TILE; row += 4u) {
      let at = row * PARTS;
      var score = vec4f();
      for (var d = 0u; d < PARTS; d++) {
        score = with_products(score, query[d], tile_k[at + d], tile_k[at + PARTS + d], tile_k[at + 2u * PARTS + d], tile_k[at + 3u * PARTS + d]);
      }
      let seen = sees(vec4u(position), vec4u(j + row) + vec4u(0u, 1u, 2u, 3u));
      let s = select(vec4f(-3.0e38), capped4(score), seen);
      let higher = max(max(top, max(s.x, s.y)), max(s.z, s.w));
      let fade = exp(top - higher);
      let share = exp(s - higher);
      total = total * fade + (share.x + share.y) + (share.z + share.w);
      top = higher;
      for (var d = 0u; d < PARTS; d++) {
        mix[d] = with_mix(mix[d] * fade, share, tile_v[at + d], tile_v[at + PARTS + d], tile_v[at + 2u * PARTS + d], tile_v[at + 3u * PARTS + d]);
      }
    }
  }
  if (block.first + thread >= count) { return; }
  for (var d = 0u; d < PARTS; d++) { y[index * PARTS + d] = mix[d] / total; }
  lse[index] = top + log(total);
}
