@group(0) @binding(2) var<storage, read> w: array<u32>;
fn weight(i: u32) -> f32 { return unpack2x16float(w[i >> 1u])[i & 1u]; }
