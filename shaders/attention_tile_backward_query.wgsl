// dq, and Σ dy·y that the key pass needs: 64 queries a workgroup, keys and values in tiles.
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
@group(0) @binding(4) var<storage, read> y: array<vec4f>;
@group(0) @binding(5) var<storage, read> lse: array<f32>;
@group(0) @binding(6) var<storage, read> dy: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> dq: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> along: array<f32>;

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
  let own = min(block.first + thread, count - 1u);
  let index = query_index(block.sequence, block.kv_head, own);
  var query: array<vec4f, PARTS>;
  var slope: array<vec4f, PARTS>;
  var sum: array<vec4f, PARTS>;
  var mean = 0.0;
  for (var d = 0u; d < PARTS; d++) {
    query[d] = q[index * PARTS + d] * shape.scale;
    slope[d] = dy[index * PARTS + d];
    sum[d] = vec4f();
    mean += dot(slope[d], y[index * PARTS + d]);
  }
  let norm = lse[index];
  // The same in all threads: what the first and the last query of the block see.
  let first_end = block.first / group + 1u;
  let last_end = (min(block.first + 64u, count) - 1u) / group + 1u;
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
      var pull = vec4f();
      for (var d = 0u; d < PARTS; d++) {
        score = with_products(score, query[d], tile_k[at + d], tile_k[at + PARTS + d], tile_k[at + 2u * PARTS + d], tile_k[at + 3u * PARTS + d]);
        pull = with_products(pull, slope[d], tile_v[at + d], tile_v[at + PARTS + d], tile_v[at + 2u * PARTS + d], tile_v[at + 3u * PARTS + d]);
      }
      let seen = sees(vec4u(own / group), vec4u(j + row) + vec4u(0u, 1u, 2u, 3u));
      let s = capped4(score);
      let share = select(vec4f(), exp(s - norm), seen);
      let weight = share * (pull - mean) * capped_slope4(s) * shape.scale;
      for (var d = 0u; d < PARTS; d++) {
        sum[d] = with_mix(sum[d], weight, tile_k[at + d], tile_k[at + PARTS + d], tile_k[at + 2u * PARTS + d], tile_k[at + 3u * PARTS + d]);
      }
    }
  }
  if (block.first + thread >= count) { return; }
  for (var d = 0u; d < PARTS; d++) { dq[index * PARTS + d] = sum[d]; }
  along[index] = mean;
}
