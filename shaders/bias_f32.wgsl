@group(0) @binding(4) var<storage, read> b: array<f32>;
fn bias(i: u32) -> f32 { return b[i]; }
