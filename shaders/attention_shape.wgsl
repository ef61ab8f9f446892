// What the attention kernels share. PARTS (of a head) is a constant: private arrays need it.
struct Shape {
  rows: u32,
  heads: u32,
  kv_heads: u32,
  queries: u32,   // rows of q a sequence
  keys: u32,      // rows of k and v a sequence
  scale: f32,
  window: u32,    // keys that a query sees at most, itself included
  softcap: f32,
  starts: u32,
}
@group(0) @binding(0) var<uniform> shape: Shape;

// Index of the first element of key or value `position` of the sequence that `row` belongs to.
fn key_index(sequence: u32, position: u32, kv_head: u32) -> u32 {
  return ((sequence * shape.keys + position) * shape.kv_heads + kv_head) * PARTS;
}
