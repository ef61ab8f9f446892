// X, and what of four numbers, the first of which is at `at`, stands before `end`.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;

fn keep(v: vec4f, at: u32, end: u32) -> vec4f {
  return select(vec4f(), v, vec4u(at, at + 1u, at + 2u, at + 3u) < vec4u(end));
}
