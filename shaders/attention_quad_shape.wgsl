// The four lanes of a quad work on one sequence and KV head. Of what all of them need each loads a quarter, and swaps
// hand it round: the swap in x gives what lane ^ 1 has loaded, in y lane ^ 2, the diagonal one lane ^ 3.
struct Quad { lane: u32, sequence: u32, kv_head: u32, first: u32, inside: bool }

// The quad of a thread; a sequence and KV head have so many items (queries or keys), each lane takes so many of them.
fn quad_of(id: vec3u, groups: vec3u, items: u32, each: u32) -> Quad {
  let quad = flat_index(id, groups) / 4u;
  let across = (items + 4u * each - 1u) / (4u * each);
  let pair = quad / across;
  let sequence = pair / shape.kv_heads;
  return Quad(id.x % 4u, sequence, pair % shape.kv_heads, (quad % across) * 4u * each, sequence * shape.queries < shape.rows);
}

// Of items that the lanes have loaded in order from `first` on, those that own, swapX, swapY and swapDiagonal give.
fn handed(first: u32, lane: u32) -> vec4u { return vec4u(first) + (vec4u(lane) ^ vec4u(0u, 1u, 2u, 3u)); }
