// One float of W, for the naive kernel.
fn weight_at(row: u32, column: u32) -> f32 { return weight(row * shape.w_row + column); }
