// d logits = (softmax − one-hot) · d loss; zero in rows without a target. A thread has UNITS Numbers of a row.
struct Shape { rows: u32, units: u32 }  // units: Numbers a row
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> logits: array<Number>;
@group(0) @binding(2) var<storage, read> targets: array<i32>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> d_loss: array<f32>;
@group(0) @binding(5) var<storage, read_write> d_logits: array<Number>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  let parts = (shape.units + UNITS - 1u) / UNITS;
  let row = i / parts;
  if (row >= shape.rows) { return; }
  let first = (i - row * parts) * UNITS;
  let target_id = targets[row];
  let norm = lse[row];
  let slope = select(0.0, d_loss[row], target_id >= 0);
  for (var unit = first; unit < min(first + UNITS, shape.units); unit++) {
    let at = row * shape.units + unit;
    let share = exp(logits[at] - norm) - one_hot(unit, target_id);
    d_logits[at] = share * slope;
  }
}
