// Copies between a whole tensor and the rows of another from `start` on; `step` elements a unit of start.
struct Shape { count: u32, step: u32, end: u32, reads: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> start: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i >= shape.count) { return; }
  let shifted = u32(start[0]) * shape.step + i;
  if (shape.reads != 0u) {
    y[i] = x[shifted];
  } else if (shifted < shape.end) {
    y[shifted] = x[i];
  }
}
