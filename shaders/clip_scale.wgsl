// min(1, maximum / (norm + 1e-6)), the norm from partial sums of squares.
struct Shape { count: u32, maximum: f32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read_write> factor: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x != 0u) { return; }
  var total = 0.0;
  for (var i = 0u; i < shape.count; i++) { total += sums[i]; }
  factor[0] = min(1.0, shape.maximum / (sqrt(total) + 1e-6));
}
