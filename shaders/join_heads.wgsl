// A part that is missing counts as zero: bit p of `present` says that part p is there.
@group(0) @binding(1) var<storage, read> q: array<f32>;
@group(0) @binding(2) var<storage, read> k: array<f32>;
@group(0) @binding(3) var<storage, read> v: array<f32>;
@group(0) @binding(4) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = flat_index(id, groups);
  if (i >= shape.count) { return; }
  let at = column_of(i);
  x[at] = select(0.0, q[i], (shape.present & 1u) != 0u);
  x[at + shape.part_stride] = select(0.0, k[i], (shape.present & 2u) != 0u);
  x[at + 2u * shape.part_stride] = select(0.0, v[i], (shape.present & 4u) != 0u);
}
