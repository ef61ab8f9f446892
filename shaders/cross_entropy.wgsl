// One row of logits a thread: loss of its target, log-sum-exp, and whether the target is the first largest logit.
struct Shape { rows: u32, columns: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<i32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;
@group(0) @binding(5) var<storage, read_write> correct: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups);
  if (row >= shape.rows) { return; }
  let begin = row * shape.columns;
  var best = 0u;
  var top = logits[begin];
  for (var i = 1u; i < shape.columns; i++) {
    let value = logits[begin + i];
    if (value > top) { top = value; best = i; }
  }
  var total = 0.0;
  for (var i = 0u; i < shape.columns; i++) { total += exp(logits[begin + i] - top); }
  let target_id = targets[row];
  lse[row] = top + log(total);
  loss[row] = 0.0;
  if (target_id >= 0) { loss[row] = top - logits[begin + u32(target_id)] + log(total); }
  correct[row] = select(0.0, 1.0, i32(best) == target_id);
}
