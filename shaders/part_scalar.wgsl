// A head as single numbers: for any head size.
alias Part = f32;
const PARTS = HEAD_DIM;
fn inner(a: Part, b: Part) -> f32 { return a * b; }
