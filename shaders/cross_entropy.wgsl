// One row of logits a thread: loss of its target, log-sum-exp, and whether the target is the first largest logit.
struct Shape { rows: u32, columns: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> logits: array<Number>;
@group(0) @binding(2) var<storage, read> targets: array<i32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;
@group(0) @binding(5) var<storage, read_write> correct: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let row = flat_index(id, groups);
  if (row >= shape.rows) { return; }
  let units = shape.columns / WIDTH;
  let begin = row * units;
  let target_id = targets[row];
  var highest = logits[begin];
  for (var i = 1u; i < units; i++) { highest = max(highest, logits[begin + i]); }
  let top = max_of(highest);
  var total = Number();
  var own = Number();
  // Whether a logit before the target is as large: then that one is the answer.
  var beaten = false;
  for (var i = 0u; i < units; i++) {
    let value = logits[begin + i];
    total += exp(value - top);
    own += select(Number(), value, one_hot(i, target_id) > Number());
    beaten |= any_before(value == Number(top), i, target_id);
  }
  let log_total = log(sum_of(total));
  lse[row] = top + log_total;
  loss[row] = select(0.0, top - sum_of(own) + log_total, target_id >= 0);
  correct[row] = select(0.0, 1.0, target_id >= 0 && sum_of(own) == top && !beaten);
}
