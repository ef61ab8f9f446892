// What the errors of a block take from the columns after it: held[j, row] -= Σ factor[k, j] · errors[k, row], 4 columns
// by 4 rows a thread.
struct Shape {
  columns: u32,
  quads: u32,      // rows / 4, rounded up
  block: u32,
  first: u32,      // this dispatch's columns
  last: u32,
}
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> factor: array<f32>;
@group(0) @binding(2) var<storage, read> errors: array<vec4f>;
@group(0) @binding(3) var<storage, read> start: array<i32>;
@group(0) @binding(4) var<storage, read_write> held: array<vec4f>;

fn take(column: u32, after: u32, quad: u32, sum: vec4f) {
  if (column >= after && column < shape.last) { held[column * shape.quads + quad] -= sum; }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = shape.first + id.y * 4u;
  let begin = u32(start[0]);
  let end = min(shape.columns, begin + shape.block);
  if (id.x >= shape.quads || column >= shape.last || column + 3u < end) { return; }
  let left = shape.columns - 1u - column;
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  for (var k = begin; k < end; k++) {
    let e = errors[(k - begin) * shape.quads + id.x];
    let at = k * shape.columns + column;
    s0 += factor[at] * e;
    s1 += factor[at + min(1u, left)] * e;
    s2 += factor[at + min(2u, left)] * e;
    s3 += factor[at + min(3u, left)] * e;
  }
  take(column, end, id.x, s0);
  take(column + 1u, end, id.x, s1);
  take(column + 2u, end, id.x, s2);
  take(column + 3u, end, id.x, s3);
}
