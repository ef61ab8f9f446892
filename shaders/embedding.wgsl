// y[token, :] = w[ids[token], :]
struct Shape { count: u32, hidden: u32, vocabulary: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i >= shape.count) { return; }
  let token = u32(clamp(ids[i / shape.hidden], 0, i32(shape.vocabulary) - 1));
  y[i] = weight(token * shape.hidden + i % shape.hidden);
}
