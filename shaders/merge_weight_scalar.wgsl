// A one number at a time: any number of columns.
@group(0) @binding(1) var<storage, read> a: array<f32>;
fn a1(i: u32) -> f32 { return a[i]; }
fn a4(i: u32) -> vec4f { return vec4f(a[i], a[i + 1u], a[i + 2u], a[i + 3u]); }
