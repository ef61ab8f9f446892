// y = act(gate) · up
@group(0) @binding(0) var<uniform> count: u32;
@group(0) @binding(1) var<storage, read> gate: array<Number>;
@group(0) @binding(2) var<storage, read> up: array<Number>;
@group(0) @binding(3) var<storage, read_write> y: array<Number>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i < count) { y[i] = act(gate[i]) * up[i]; }
}
