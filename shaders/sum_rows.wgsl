// y[v] = Σ x[i] over all i with ids[i] = v, in the order of i.
struct Shape { count: u32, columns: u32, ids: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> ids: array<i32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = flat_index(id, groups);
  if (at >= shape.count) { return; }
  let row = i32(at / shape.columns);
  let column = at % shape.columns;
  var sum = 0.0;
  for (var i = 0u; i < shape.ids; i++) {
    if (ids[i] == row) { sum += x[i * shape.columns + column]; }
  }
  y[at] = sum;
}
