// d gate = dy · up · act′(gate); d up = dy · act(gate)
@group(0) @binding(0) var<uniform> count: u32;
@group(0) @binding(1) var<storage, read> gate: array<Number>;
@group(0) @binding(2) var<storage, read> up: array<Number>;
@group(0) @binding(3) var<storage, read> dy: array<Number>;
@group(0) @binding(4) var<storage, read_write> d_gate: array<Number>;
@group(0) @binding(5) var<storage, read_write> d_up: array<Number>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i >= count) { return; }
  d_gate[i] = times_slope(dy[i] * up[i], gate[i]);
  d_up[i] = times_act(dy[i], gate[i]);
}
