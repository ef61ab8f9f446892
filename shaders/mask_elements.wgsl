// y = x where the bit mask has the element, else 0; mask rows start at whole words.
struct Shape { count: u32, columns: u32, mask_words: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i >= shape.count) { return; }
  let column = i % shape.columns;
  let word = mask[(i / shape.columns) * shape.mask_words + (column >> 5u)];
  y[i] = select(0.0, x[i], ((word >> (column & 31u)) & 1u) == 1u);
}
