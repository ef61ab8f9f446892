// y[v] = Σ x[i] over all i with ids[i] = v, in the order of i, along the chains of link_rows.wgsl. Rows that no id names
// are left alone.
struct Shape { count: u32, columns: u32, ids: u32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> ids: array<i32>;
@group(0) @binding(3) var<storage, read> links: array<i32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let at = flat_index(id, groups);
  if (at >= shape.count) { return; }
  let first = at / shape.columns;
  let column = at % shape.columns;
  if (links[first] < 0) { return; }
  var sum = 0.0;
  for (var i = first; i < shape.ids;) {
    sum += x[i * shape.columns + column];
    let link = links[i];
    i = u32(select(link, ~link, link < 0));
  }
  y[u32(ids[first]) * shape.columns + column] = sum;
}
