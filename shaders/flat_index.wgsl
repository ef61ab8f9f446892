// One thread an element. Dispatches of more than 65,535 workgroups spill into y.
fn flat_index(id: vec3u, groups: vec3u) -> u32 {
  return id.y * groups.x * 64u + id.x;
}
