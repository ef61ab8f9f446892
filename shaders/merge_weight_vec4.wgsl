// A four numbers at a time: for columns that are multiples of 4.
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
fn a1(i: u32) -> f32 { return a[i >> 2u][i & 3u]; }
fn a4(i: u32) -> vec4f { return a[i >> 2u]; }
