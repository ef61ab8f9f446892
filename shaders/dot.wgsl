// Σ a·b in a fixed order: short vectors only (one number a scored position), so one thread does.
@group(0) @binding(0) var<uniform> count: u32;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x != 0u) { return; }
  var sum = 0.0;
  for (var i = 0u; i < count; i++) { sum += a[i] * b[i]; }
  y[0] = sum;
}
