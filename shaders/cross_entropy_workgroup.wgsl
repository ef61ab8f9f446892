// The same as cross_entropy.wgsl, one row of logits a workgroup: for large vocabularies.
struct Shape { rows: u32, columns: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> targets: array<i32>;
@group(0) @binding(3) var<storage, read_write> loss: array<f32>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;
@group(0) @binding(5) var<storage, read_write> correct: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let row = row_of(workgroup, groups);
  if (row >= shape.rows) { return; }
  let begin = row * shape.columns;
  // Places are whole numbers below 2²⁴: exact as floats.
  var own = vec2f(-3.4e38, f32(shape.columns));
  for (var i = thread; i < shape.columns; i += 64u) {
    let value = logits[begin + i];
    if (value > own.x) { own = vec2f(value, f32(i)); }
  }
  let best = row_first(thread, own);
  var part = 0.0;
  for (var i = thread; i < shape.columns; i += 64u) { part += exp(logits[begin + i] - best.x); }
  let total = row_sum(thread, vec2f(part, 0.0)).x;
  if (thread > 0u) { return; }
  let target_id = targets[row];
  lse[row] = best.x + log(total);
  loss[row] = 0.0;
  if (target_id >= 0) { loss[row] = best.x - logits[begin + u32(target_id)] + log(total); }
  correct[row] = select(0.0, 1.0, i32(best.y) == target_id);
}
