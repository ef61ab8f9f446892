// Floats have no cells to hand round.
struct Cells { c0: Cell, c1: Cell, c2: Cell, c3: Cell }
fn cells_of(row: u32, column: u32, lane: u32) -> Cells { return Cells(); }
