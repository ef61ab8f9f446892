// Copy ceiling: each thread moves one T (f32 or vec4f) of a workgroup's run; the grid spills into y.
@group(0) @binding(0) var<storage, read> source: array<T>;
@group(0) @binding(1) var<storage, read_write> result: array<T>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let i = id.y * groups.x * 64u + id.x;
  if (i < arrayLength(&result)) { result[i] = source[i]; }
}
