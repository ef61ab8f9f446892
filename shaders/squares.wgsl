// 64 partial sums of squares, thread t taking elements t, t + 64, …
struct Shape { count: u32, offset: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var sum = 0.0;
  for (var i = id.x; i < shape.count; i += 64u) { let v = x[i]; sum += v * v; }
  sums[shape.offset + id.x] = sum;
}
