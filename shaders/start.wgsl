// Position of a sequence's first row. `starts`: how many numbers `start` has (0: none, 1: one for all sequences).
fn first_position(sequence: u32, starts: u32) -> i32 {
  if (starts == 0u) { return 0; }
  return start[min(sequence, starts - 1u)];
}
