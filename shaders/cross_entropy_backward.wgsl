// d logits = (softmax − one-hot) · d loss; zero in rows without a target.
struct Shape { count: u32, units: u32 }  // Numbers, in all and a row
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> logits: array<Number>;
@group(0) @binding(2) var<storage, read> targets: array<i32>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> d_loss: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_logits: array<Number>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i >= shape.count) { return; }
  let row = i / shape.units;
  let target_id = targets[row];
  let slope = (exp(logits[i] - lse[row]) - one_hot(i % shape.units, target_id)) * d_loss[row];
  d_logits[i] = select(Number(), slope, target_id >= 0);
}
