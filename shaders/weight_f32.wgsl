// Four consecutive weights of a row, from element index 4·i.
@group(0) @binding(2) var<storage, read> w: array<vec4f>;
fn weight4(i: u32, cell: Cell) -> vec4f { return w[i]; }
