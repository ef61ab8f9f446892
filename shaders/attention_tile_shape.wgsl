// A workgroup works on 64 queries (or keys) of one sequence and KV head, one a thread, and streams what they see through
// workgroup memory, TILE rows at a time.
struct Block { sequence: u32, kv_head: u32, first: u32, inside: bool }

fn block_of(workgroup: vec3u, groups: vec3u, items: u32) -> Block {
  let block = workgroup.y * groups.x + workgroup.x;
  let across = (items + 63u) / 64u;
  let pair = block / across;
  let sequence = pair / shape.kv_heads;
  return Block(sequence, pair % shape.kv_heads, (block % across) * 64u, sequence * shape.queries < shape.rows);
}
