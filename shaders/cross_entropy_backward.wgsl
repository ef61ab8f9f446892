// d logits = (softmax − one-hot) · d loss; zero in rows without a target.
struct Shape { count: u32, columns: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<i32>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> d_loss: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_logits: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i >= shape.count) { return; }
  let row = i / shape.columns;
  let target_id = targets[row];
  let hit = select(0.0, 1.0, i32(i % shape.columns) == target_id);
  let slope = (exp(logits[i] - lse[row]) - hit) * d_loss[row];
  d_logits[i] = select(0.0, slope, target_id >= 0);
}
