// Y = Xᵀ·W over tokens in subgroups of 4: see matmul_subgroup_shape.wgsl. Per 4 tokens a lane loads a vec4 of W of each,
// and of one of them the 8 numbers of X. Rows of Y are columns of X.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;

fn keep(v: vec4f, k: u32, end: u32) -> vec4f {
  return select(vec4f(), v, vec4u(k, k + 1u, k + 2u, k + 3u) < vec4u(end));
}

fn token_of_w(token: u32, column: u32) -> vec4f {
  let v = weight4(token * (shape.columns / 4u) + column, Cell()) * mask4(token, column * 4u);
  if (shape.outer_limit == NONE) { return v; }
  return keep(v, column * 4u, active_columns(shape.outer_limit, token, shape.columns));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  let block = block_of(id, groups);
  if (!block.inside) { return; }
  let stride = shape.rows / 4u;
  let column = min(block.column, shape.columns - 4u) / 4u;
  let low = block.row / 4u;
  let high = min(low + 1u, stride - 1u);
  var a0 = vec4f();
  var a1 = vec4f();
  var a2 = vec4f();
  var a3 = vec4f();
  var a4 = vec4f();
  var a5 = vec4f();
  var a6 = vec4f();
  var a7 = vec4f();
  for (var token = 0u; token < shape.inner; token += 4u) {
    let own = token + block.lane;
    let real = min(own, shape.inner - 1u);
    let end = select(0u, active_columns(shape.inner_limit, real, shape.rows), own < shape.inner);
    let p = keep(x[real * stride + low], block.row, end);
    let q = keep(x[real * stride + high], block.row + 4u, end);
    let last = shape.inner - 1u;
    let c0 = token_of_w(token, column);
    let c1 = token_of_w(min(token + 1u, last), column);
    let c2 = token_of_w(min(token + 2u, last), column);
    let c3 = token_of_w(min(token + 3u, last), column);
    a0 += subgroupBroadcast(p.x, 0u) * c0 + subgroupBroadcast(p.x, 1u) * c1 + subgroupBroadcast(p.x, 2u) * c2 + subgroupBroadcast(p.x, 3u) * c3;
    a1 += subgroupBroadcast(p.y, 0u) * c0 + subgroupBroadcast(p.y, 1u) * c1 + subgroupBroadcast(p.y, 2u) * c2 + subgroupBroadcast(p.y, 3u) * c3;
    a2 += subgroupBroadcast(p.z, 0u) * c0 + subgroupBroadcast(p.z, 1u) * c1 + subgroupBroadcast(p.z, 2u) * c2 + subgroupBroadcast(p.z, 3u) * c3;
    a3 += subgroupBroadcast(p.w, 0u) * c0 + subgroupBroadcast(p.w, 1u) * c1 + subgroupBroadcast(p.w, 2u) * c2 + subgroupBroadcast(p.w, 3u) * c3;
    a4 += subgroupBroadcast(q.x, 0u) * c0 + subgroupBroadcast(q.x, 1u) * c1 + subgroupBroadcast(q.x, 2u) * c2 + subgroupBroadcast(q.x, 3u) * c3;
    a5 += subgroupBroadcast(q.y, 0u) * c0 + subgroupBroadcast(q.y, 1u) * c1 + subgroupBroadcast(q.y, 2u) * c2 + subgroupBroadcast(q.y, 3u) * c3;
    a6 += subgroupBroadcast(q.z, 0u) * c0 + subgroupBroadcast(q.z, 1u) * c1 + subgroupBroadcast(q.z, 2u) * c2 + subgroupBroadcast(q.z, 3u) * c3;
    a7 += subgroupBroadcast(q.w, 0u) * c0 + subgroupBroadcast(q.w, 1u) * c1 + subgroupBroadcast(q.w, 2u) * c2 + subgroupBroadcast(q.w, 3u) * c3;
  }
  store_row(block.row + 0u, block.column, a0);
  store_row(block.row + 1u, block.column, a1);
  store_row(block.row + 2u, block.column, a2);
  store_row(block.row + 3u, block.column, a3);
  store_row(block.row + 4u, block.column, a4);
  store_row(block.row + 5u, block.column, a5);
  store_row(block.row + 6u, block.column, a6);
  store_row(block.row + 7u, block.column, a7);
}
