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
  let place = u32(max(target_id, 0)) / WIDTH;
  let own = sum_of(select(Number(), logits[begin + place], one_hot(place, target_id) > Number()));
  // Σ exp(logit − highest) as it stands so far, each place of a Number by itself: so a row is read once.
  var highest = logits[begin];
  var total = Number(1.0);
  // Whether a logit before the target is as large: then that one is the answer.
  var beaten = any_before(highest == Number(own), 0u, target_id);
  for (var i = 1u; i < units; i++) {
    let value = logits[begin + i];
    let smaller = exp(-abs(value - highest));
    total = select(total + smaller, total * smaller + 1.0, value > highest);
    highest = max(highest, value);
    beaten |= any_before(value == Number(own), i, target_id);
  }
  let top = max_of(highest);
  let log_total = log(sum_of(total * exp(highest - top)));
  lse[row] = top + log_total;
  loss[row] = select(0.0, top - own + log_total, target_id >= 0);
  correct[row] = select(0.0, 1.0, target_id >= 0 && own == top && !beaten);
}
