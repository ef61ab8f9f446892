// Counter-based dropout: a PCG hash of (seed, step, stream, index) decides, the same in forward and backward.
struct Shape { count: u32, threshold: u32, stream: u32, grow: f32, first: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> seed: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

fn scramble(value: u32) -> u32 {
  let state = value * 747796405u + 2891336453u;
  let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
  return (word >> 22u) ^ word;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i >= shape.count) { return; }
  let bits = scramble(scramble(scramble((shape.first + i) ^ (shape.stream * 0x9e3779b9u)) ^ seed[0]) + seed[1]);
  y[i] = select(0.0, x[i] * shape.grow, bits >= shape.threshold);
}
