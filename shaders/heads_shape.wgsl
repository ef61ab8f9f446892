// What splitting q, k and v from one matrix and joining them share. One element of each part a thread.
struct Shape {
  count: u32,        // elements of a part
  columns: u32,      // of a part
  head_dim: u32,
  head_stride: u32,
  part_stride: u32,
  present: u32,      // parts that are there, as bits
}
@group(0) @binding(0) var<uniform> shape: Shape;

// Where element i of q is in the matrix of all three; those of k and v follow by part_stride.
fn column_of(i: u32) -> u32 {
  let row = i / shape.columns;
  let within = i % shape.columns;
  return row * shape.columns * 3u + (within / shape.head_dim) * shape.head_stride + within % shape.head_dim;
}
