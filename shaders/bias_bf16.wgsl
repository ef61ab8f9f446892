@group(0) @binding(4) var<storage, read> b: array<u32>;
fn bias(i: u32) -> f32 { return bitcast<f32>((b[i >> 1u] >> ((i & 1u) * 16u)) << 16u); }
