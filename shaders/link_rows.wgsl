// Chains equal ids: links[i] is the next index with the id of i, or `ids` where there is none; its bits are flipped where
// an earlier index has that id, so that chains are followed from their first index only.
struct Shape { first: u32, end: u32, ids: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read_write> links: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = shape.first + flat_index(id, groups);
  if (i >= shape.end) { return; }
  let own = ids[i];
  var next = i + 1u;
  while (next < shape.ids && ids[next] != own) { next++; }
  var before = i;
  while (before > 0u && ids[before - 1u] != own) { before--; }
  links[i] = select(i32(next), ~i32(next), before > 0u);
}
