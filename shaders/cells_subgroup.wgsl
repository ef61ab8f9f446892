// Cells of four rows of W in a column that the four lanes share: each lane loads one, and broadcasts hand them round.
struct Cells { c0: Cell, c1: Cell, c2: Cell, c3: Cell }
fn cells_of(row: u32, column: u32, lane: u32) -> Cells {
  let own = cell_at(row + lane, column);
  return Cells(subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u), subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u));
}
