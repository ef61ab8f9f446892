// What the quad and tile kernels share: four keys (or queries) at a time, so that softmax is rescaled once for all four.

// Row and head of query `query` of a sequence and KV head, as one index into lse.
fn query_index(sequence: u32, kv_head: u32, query: u32) -> u32 {
  let group = shape.heads / shape.kv_heads;
  return (sequence * shape.queries + query / group) * shape.heads + kv_head * group + query % group;
}

fn capped4(scores: vec4f) -> vec4f {
  return vec4f(capped(scores.x), capped(scores.y), capped(scores.z), capped(scores.w));
}

fn capped_slope4(results: vec4f) -> vec4f {
  return vec4f(capped_slope(results.x), capped_slope(results.y), capped_slope(results.z), capped_slope(results.w));
}

// sum + a · (b0, b1, b2, b3)
fn with_products(sum: vec4f, a: vec4f, b0: vec4f, b1: vec4f, b2: vec4f, b3: vec4f) -> vec4f {
  let x = fma(vec4f(a.x), vec4f(b0.x, b1.x, b2.x, b3.x), sum);
  let y = fma(vec4f(a.y), vec4f(b0.y, b1.y, b2.y, b3.y), x);
  let z = fma(vec4f(a.z), vec4f(b0.z, b1.z, b2.z, b3.z), y);
  return fma(vec4f(a.w), vec4f(b0.w, b1.w, b2.w, b3.w), z);
}

// sum + Σ weight · b
fn with_mix(sum: vec4f, weight: vec4f, b0: vec4f, b1: vec4f, b2: vec4f, b3: vec4f) -> vec4f {
  return fma(vec4f(weight.x), b0, fma(vec4f(weight.y), b1, fma(vec4f(weight.z), b2, fma(vec4f(weight.w), b3, sum))));
}

// Which of four keys each see a query, by position: keys behind the query wrap around, and are as far as those that have
// left its window.
fn sees(query: vec4u, key: vec4u) -> vec4<bool> { return query - key < vec4u(shape.window); }
