// The working copy of a weight for GPTQ: transposed, so that threads of neighbouring rows read neighbouring numbers,
// its rows padded to whole vec4. Inputs that calibration never saw (diagonal of the factor 0) have weight 0.
struct Shape { rows: u32, columns: u32, stride: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> factor: array<f32>;
@group(0) @binding(3) var<storage, read_write> held: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let index = flat_index(id, groups);
  if (index >= shape.columns * shape.stride) { return; }
  let row = index % shape.stride;
  let column = index / shape.stride;
  let live = row < shape.rows && factor[column * (shape.columns + 1u)] != 0.0;
  held[index] = select(0.0, weight(min(row, shape.rows - 1u) * shape.columns + column), live);
}
