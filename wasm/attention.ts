import { exp, lanes, largest, log, sum, tanh } from './numbers';
import * as share from './share';

/** As src/backends/wasm/commands/attention.ts writes it. */
@unmanaged
export class Attention {
  op: i32;
  size: i32;
  q: usize;
  k: usize;
  v: usize;
  start: usize;
  starts: i32;
  y: usize;
  lse: usize;
  dy: usize;
  dq: usize;
  dk: usize;
  dv: usize;
  along: usize;
  sequences: i32;
  heads: i32;
  kvHeads: i32;
  headDim: i32;
  queries: i32;
  keys: i32;
  scale: f32;
  window: i32;
  /** 0: none. */
  softcap: f32;
}

const LOWEST: f32 = -3.0e38;

/** Keys of a head, by number of the head's dimension: `to`[d][j], rows of `width` floats. */
function turned(from: usize, rowBytes: usize, count: i32, dim: i32, width: usize, to: usize): void {
  for (let j = 0; j < count; j++) {
    const row = from + (j as usize) * rowBytes;
    for (let d = 0; d < dim; d++)
      store<f32>(to + ((d as usize) * width + (j as usize)) * 4, load<f32>(row + ((d as usize) << 2)));
  }
}

/** Rows of a head side by side, each filled up with zeros to `width` floats. */
function gathered(from: usize, rowBytes: usize, count: i32, dim: i32, width: usize, to: usize): void {
  memory.fill(to, 0, ((count as usize) * width) << 2);
  for (let j = 0; j < count; j++)
    memory.copy(to + (((j as usize) * width) << 2), from + (j as usize) * rowBytes, (dim as usize) << 2);
}

/** Σ_d x[d]·turned[d][j …] of 16 keys at a time, from key `from` (a multiple of 16) to `end`, into `to`. */
function products(x: usize, turned: usize, width: usize, dim: i32, from: i32, end: i32, to: usize): void {
  for (let j = from; j < end; j += 16) {
    let at = turned + ((j as usize) << 2);
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (let i = 0; i < dim; i++) {
      const number = v128.load32_splat(x + ((i as usize) << 2));
      a = f32x4.add(a, f32x4.mul(number, v128.load(at)));
      b = f32x4.add(b, f32x4.mul(number, v128.load(at, 16)));
      c = f32x4.add(c, f32x4.mul(number, v128.load(at, 32)));
      d = f32x4.add(d, f32x4.mul(number, v128.load(at, 48)));
      at += width << 2;
    }
    const out = to + ((j as usize) << 2);
    v128.store(out, a);
    v128.store(out, b, 16);
    v128.store(out, c, 32);
    v128.store(out, d, 48);
  }
}

/** Σ_j p[j]·rows[j][d …], for keys from `first` to `end`. */
function mixed(p: usize, rows: usize, width: usize, first: i32, end: i32, d: i32): v128 {
  let a = f32x4.splat(0);
  let b = a;
  const bytes = width << 2;
  let at = rows + (first as usize) * bytes + ((d as usize) << 2);
  let j = first;
  for (; j + 2 <= end; j += 2) {
    const share = p + ((j as usize) << 2);
    a = f32x4.add(a, f32x4.mul(v128.load32_splat(share), v128.load(at)));
    b = f32x4.add(b, f32x4.mul(v128.load32_splat(share, 4), v128.load(at + bytes)));
    at += bytes << 1;
  }
  if (j < end) a = f32x4.add(a, f32x4.mul(v128.load32_splat(p + ((j as usize) << 2)), v128.load(at)));
  return f32x4.add(a, b);
}

/** Which of the keys j … j + 3 the query sees: first ≤ j < end. */
// @ts-ignore: decorator
@inline
function seen(j: i32, first: i32, end: i32): v128 {
  return v128.andnot(lanes(end - j), lanes(first - j));
}

function position(c: Attention, sequence: i32): i32 {
  return c.start ? load<i32>(c.start + ((min(sequence, c.starts - 1) as usize) << 2)) : 0;
}

/** One past the last key that query t sees. */
function endOf(c: Attention, first: i32, t: i32): i32 {
  return min(max(first + t + 1, 1), c.keys);
}

export function attention(c: Attention): void {
  const units = c.sequences * c.kvHeads;
  share.take(units, 1);
  const width = ((c.keys as usize) + 15) & ~15;
  const padded = ((c.headDim as usize) + 3) & ~3;
  const kt = share.scratch;
  const vs = kt + ((width * (c.headDim as usize)) << 2);
  const scores = vs + (((c.keys as usize) * padded) << 2);
  const rowBytes = (c.kvHeads * c.headDim) << 2;
  const group = c.heads / c.kvHeads;
  for (let unit = share.first; unit < share.end; unit++) {
    const sequence = unit / c.kvHeads;
    const kv = unit % c.kvHeads;
    const begin = position(c, sequence);
    const most = endOf(c, begin, c.queries - 1);
    const head = ((sequence * c.keys) as usize) * (rowBytes as usize) + (((kv * c.headDim) as usize) << 2);
    turned(c.k + head, rowBytes, most, c.headDim, width, kt);
    gathered(c.v + head, rowBytes, most, c.headDim, padded, vs);
    for (let t = 0; t < c.queries; t++) {
      const end = endOf(c, begin, t);
      const first = max(0, end - c.window);
      for (let h = kv * group; h < (kv + 1) * group; h++) {
        const row = (sequence * c.queries + t) * c.heads + h;
        attend(c, row, kt, width, vs, padded, first, end, scores);
      }
    }
  }
}

function attend(
  c: Attention,
  row: i32,
  kt: usize,
  width: usize,
  vs: usize,
  padded: usize,
  first: i32,
  end: i32,
  scores: usize,
): void {
  const at = ((row * c.headDim) as usize) << 2;
  const from = first & ~15;
  products(c.q + at, kt, width, c.headDim, from, end, scores);
  let highest = f32x4.splat(LOWEST);
  for (let j = from; j < end; j += 4) {
    const place = scores + ((j as usize) << 2);
    const score = v128.bitselect(capped(c, v128.load(place)), f32x4.splat(LOWEST), seen(j, first, end));
    v128.store(place, score);
    highest = f32x4.pmax(highest, score);
  }
  const top = largest(highest);
  let totals = f32x4.splat(0);
  for (let j = from; j < end; j += 4) {
    const place = scores + ((j as usize) << 2);
    const p = exp(f32x4.sub(v128.load(place), f32x4.splat(top)));
    v128.store(place, p);
    totals = f32x4.add(totals, p);
  }
  const total = sum(totals);
  store<f32>(c.lse + ((row as usize) << 2), top + log(total));
  const share = f32x4.splat(1 / total);
  for (let d = 0; d < c.headDim; d += 4)
    put(c.y + at, d, c.headDim, f32x4.mul(mixed(scores, vs, padded, first, end, d), share));
}

// @ts-ignore: decorator
@inline
function capped(c: Attention, product: v128): v128 {
  const score = f32x4.mul(product, f32x4.splat(c.scale));
  if (c.softcap == 0) return score;
  const cap = f32x4.splat(c.softcap);
  return f32x4.mul(cap, tanh(f32x4.div(score, cap)));
}

/** Four numbers of a row, or what is left of it. */
// @ts-ignore: decorator
@inline
function put(row: usize, d: i32, dim: i32, value: v128): void {
  const at = row + ((d as usize) << 2);
  if (d + 4 <= dim) return v128.store(at, value);
  store<f32>(at, f32x4.extract_lane(value, 0));
  if (d + 1 < dim) store<f32>(at, f32x4.extract_lane(value, 1), 4);
  if (d + 2 < dim) store<f32>(at, f32x4.extract_lane(value, 2), 8);
}

// Of the backward pass: what one head of keys needs, in a thread's scratch.
let keysTurned: usize = 0;
let valuesTurned: usize = 0;
let keyRows: usize = 0;
let keySums: usize = 0;
let valueSums: usize = 0;
let shares: usize = 0;
let pulls: usize = 0;
let query: usize = 0;
let gradient: usize = 0;

export function attentionBackward(c: Attention): void {
  const units = c.sequences * c.kvHeads;
  share.take(units, 1);
  const dim = c.headDim as usize;
  const width = ((c.keys as usize) + 15) & ~15;
  const padded = (dim + 3) & ~3;
  const rows = ((c.keys as usize) * padded) << 2;
  keysTurned = share.scratch;
  valuesTurned = keysTurned + ((width * dim) << 2);
  keyRows = valuesTurned + ((width * dim) << 2);
  keySums = keyRows + rows;
  valueSums = keySums + rows;
  shares = valueSums + rows;
  pulls = shares + (width << 2);
  query = pulls + (width << 2);
  gradient = query + (padded << 2);
  const rowBytes = ((c.kvHeads * c.headDim) as usize) << 2;
  const group = c.heads / c.kvHeads;
  for (let unit = share.first; unit < share.end; unit++) {
    const sequence = unit / c.kvHeads;
    const kv = unit % c.kvHeads;
    const head = ((sequence * c.keys) as usize) * rowBytes + (((kv * c.headDim) as usize) << 2);
    turned(c.k + head, rowBytes, c.keys, c.headDim, width, keysTurned);
    turned(c.v + head, rowBytes, c.keys, c.headDim, width, valuesTurned);
    gathered(c.k + head, rowBytes, c.keys, c.headDim, padded, keyRows);
    memory.fill(keySums, 0, 2 * rows);
    for (let t = 0; t < c.queries; t++) {
      const end = endOf(c, 0, t);
      const first = max(0, end - c.window);
      for (let h = kv * group; h < (kv + 1) * group; h++)
        pull(c, (sequence * c.queries + t) * c.heads + h, width, padded, first, end);
    }
    for (let j = 0; j < c.keys; j++) {
      const from = ((j as usize) * padded) << 2;
      memory.copy(c.dk + head + (j as usize) * rowBytes, keySums + from, dim << 2);
      memory.copy(c.dv + head + (j as usize) * rowBytes, valueSums + from, dim << 2);
    }
  }
}

/** What one query sends back: to itself, and to the sums of the keys and values that it sees. */
function pull(c: Attention, row: i32, width: usize, padded: usize, first: i32, end: i32): void {
  const at = ((row * c.headDim) as usize) << 2;
  gathered(c.q + at, 0, 1, c.headDim, padded, query);
  gathered(c.dy + at, 0, 1, c.headDim, padded, gradient);
  const from = first & ~15;
  products(query, keysTurned, width, c.headDim, from, end, shares);
  products(gradient, valuesTurned, width, c.headDim, from, end, pulls);
  const lse = v128.load32_splat(c.lse + ((row as usize) << 2));
  let means = f32x4.splat(0);
  for (let j = from; j < end; j += 4) {
    const place = (j as usize) << 2;
    const p = v128.and(exp(f32x4.sub(capped(c, v128.load(shares + place)), lse)), seen(j, first, end));
    means = f32x4.add(means, f32x4.mul(p, v128.and(v128.load(pulls + place), seen(j, first, end))));
  }
  const mean = sum(means);
  store<f32>(c.along + ((row as usize) << 2), mean);
  for (let j = from; j < end; j += 4) {
    const place = (j as usize) << 2;
    const score = capped(c, v128.load(shares + place));
    const p = v128.and(exp(f32x4.sub(score, lse)), seen(j, first, end));
    let slope = f32x4.mul(f32x4.mul(p, f32x4.sub(v128.load(pulls + place), f32x4.splat(mean))), f32x4.splat(c.scale));
    if (c.softcap != 0) {
      const ratio = f32x4.div(score, f32x4.splat(c.softcap));
      slope = f32x4.mul(slope, f32x4.sub(f32x4.splat(1), f32x4.mul(ratio, ratio)));
    }
    v128.store(shares + place, p);
    v128.store(pulls + place, v128.and(slope, seen(j, first, end)));
  }
  for (let d = 0; d < c.headDim; d += 4)
    put(c.dq + at, d, c.headDim, mixed(pulls, keyRows, padded, first, end, d));
  spread(pulls, query, keySums, padded, first, end);
  spread(shares, gradient, valueSums, padded, first, end);
}

/** sums[j] += factor[j]·row, for keys from `first` to `end`. */
function spread(factors: usize, row: usize, sums: usize, padded: usize, first: i32, end: i32): void {
  let at = sums + (((first as usize) * padded) << 2);
  for (let j = first; j < end; j++) {
    const factor = v128.load32_splat(factors + ((j as usize) << 2));
    for (let d: usize = 0; d < padded << 2; d += 16) {
      v128.store(at, f32x4.add(v128.load(at), f32x4.mul(factor, v128.load(row + d))));
      at += 16;
    }
  }
}
