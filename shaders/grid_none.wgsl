// Floats say themselves what they are: see weight_i4.wgsl for what a cell is.
alias Cell = vec2f;
fn cell_at(row: u32, column: u32) -> Cell { return Cell(); }
fn cell_steps() -> u32 { return 0x10000000u; }
