// A head as vec4s: for head sizes that are multiples of 4.
alias Part = vec4f;
const PARTS = HEAD_DIM / 4u;
fn inner(a: Part, b: Part) -> f32 { return dot(a, b); }
