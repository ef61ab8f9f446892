// What kernels share that read and write Y four numbers at a time.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(3) var<storage, read> addend: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4f>;

// What of four numbers, the first of which is at `at`, stands before `end`.
fn keep(v: vec4f, at: u32, end: u32) -> vec4f {
  return select(vec4f(), v, vec4u(at, at + 1u, at + 2u, at + 3u) < vec4u(end));
}

// Which of four numbers, the first of which is at `at`, stand before `end`; and nothing but those.
fn before(at: u32, end: u32) -> vec4u {
  return select(vec4u(), vec4u(0xffffffffu), vec4u(at, at + 1u, at + 2u, at + 3u) < vec4u(end));
}
fn only(v: vec4f, kept: vec4u) -> vec4f { return bitcast<vec4f>(bitcast<vec4u>(v) & kept); }

// Active columns of a sequence and of the next one.
fn ends_of(group: u32, sequence: u32, full: u32) -> vec2u {
  if (group == NONE) { return vec2u(full); }
  let at = sequence * shape.groups + group;
  return min(vec2u(full), vec2u(u32(limits[at]), u32(limits[at + shape.groups])));
}
