// y = x, dispatched as every elementwise kernel is, so that it can stand in a graph beside them.
@group(0) @binding(0) var<uniform> count: u32;
@group(0) @binding(1) var<storage, read> source: array<Number>;
@group(0) @binding(2) var<storage, read_write> result: array<Number>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i < count) { result[i] = source[i]; }
}
