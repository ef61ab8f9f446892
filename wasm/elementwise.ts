import { erf, exp, sigmoid, tanh } from './numbers';
import * as share from './share';

/** As src/backends/wasm/commands/elementwise.ts writes it: up to three inputs and two outputs, all of `count` numbers. */
@unmanaged
export class Elementwise {
  op: i32;
  size: i32;
  a: usize;
  b: usize;
  c: usize;
  y: usize;
  z: usize;
  count: i32;
  /** Which activation (`Kind`). */
  kind: i32;
  factor: f32;
}

const SILU: i32 = 0;
const GELU: i32 = 1;
const GELU_TANH: i32 = 2;

/** Whole vectors: allocations have room for the last one. A cache line belongs to one thread. */
function take(c: Elementwise): void {
  share.take(c.count, 16);
}

// @ts-ignore: decorator
@inline
function at(base: usize, i: i32): usize {
  return base + ((i as usize) << 2);
}

export function add(c: Elementwise): void {
  take(c);
  for (let i = share.first; i < share.end; i += 4)
    v128.store(at(c.y, i), f32x4.add(v128.load(at(c.a, i)), v128.load(at(c.b, i))));
}

export function scaled(c: Elementwise): void {
  take(c);
  const factor = f32x4.splat(c.factor);
  for (let i = share.first; i < share.end; i += 4)
    v128.store(at(c.y, i), f32x4.mul(factor, v128.load(at(c.a, i))));
}

export function softcap(c: Elementwise): void {
  take(c);
  const cap = f32x4.splat(c.factor);
  for (let i = share.first; i < share.end; i += 4)
    v128.store(at(c.y, i), f32x4.mul(cap, tanh(f32x4.div(v128.load(at(c.a, i)), cap))));
}

/** a: y of the forward pass, b: its gradient. */
export function softcapBackward(c: Elementwise): void {
  take(c);
  const cap = f32x4.splat(c.factor);
  for (let i = share.first; i < share.end; i += 4) {
    const ratio = f32x4.div(v128.load(at(c.a, i)), cap);
    const slope = f32x4.sub(f32x4.splat(1), f32x4.mul(ratio, ratio));
    v128.store(at(c.y, i), f32x4.mul(v128.load(at(c.b, i)), slope));
  }
}

/** act(x). */
function value(kind: i32, x: v128): v128 {
  if (kind == SILU) return f32x4.mul(x, sigmoid(x));
  if (kind == GELU) return f32x4.mul(x, normalShare(x));
  if (kind == GELU_TANH) {
    const half = f32x4.mul(f32x4.splat(0.5), x);
    return f32x4.mul(half, f32x4.add(f32x4.splat(1), inner(x)));
  }
  return f32x4.max(x, f32x4.splat(0));
}

/** act′(x). */
function slope(kind: i32, x: v128): v128 {
  const one = f32x4.splat(1);
  const half = f32x4.splat(0.5);
  if (kind == SILU) {
    const s = sigmoid(x);
    return f32x4.mul(s, f32x4.add(one, f32x4.mul(x, f32x4.sub(one, s))));
  }
  if (kind == GELU) {
    const z = f32x4.min(f32x4.max(x, f32x4.splat(-20)), f32x4.splat(20));
    const density = exp(f32x4.mul(f32x4.mul(z, z), f32x4.splat(-0.5)));
    return f32x4.add(normalShare(x), f32x4.mul(f32x4.mul(z, f32x4.splat(0.3989422804)), density));
  }
  if (kind == GELU_TANH) {
    const t = inner(x);
    const z = f32x4.min(f32x4.max(x, f32x4.splat(-10)), f32x4.splat(10));
    const cubic = f32x4.add(one, f32x4.mul(f32x4.splat(0.134145), f32x4.mul(z, z)));
    const steep = f32x4.mul(f32x4.sub(one, f32x4.mul(t, t)), f32x4.mul(f32x4.splat(0.7978845608), cubic));
    return f32x4.mul(half, f32x4.add(f32x4.add(one, t), f32x4.mul(z, steep)));
  }
  return v128.and(one, f32x4.gt(x, f32x4.splat(0)));
}

function normalShare(x: v128): v128 {
  return f32x4.mul(
    f32x4.splat(0.5),
    f32x4.add(f32x4.splat(1), erf(f32x4.mul(x, f32x4.splat(0.7071067812)))),
  );
}

/** tanh of GELU's cubic; beyond ±10 it is ±1, and x³ may overflow. */
function inner(x: v128): v128 {
  const z = f32x4.min(f32x4.max(x, f32x4.splat(-10)), f32x4.splat(10));
  const cubic = f32x4.add(f32x4.splat(1), f32x4.mul(f32x4.splat(0.044715), f32x4.mul(z, z)));
  return tanh(f32x4.mul(f32x4.mul(f32x4.splat(0.7978845608), z), cubic));
}

export function activate(c: Elementwise): void {
  take(c);
  for (let i = share.first; i < share.end; i += 4)
    v128.store(at(c.y, i), value(c.kind, v128.load(at(c.a, i))));
}

/** a: x, b: dy. */
export function activateBackward(c: Elementwise): void {
  take(c);
  for (let i = share.first; i < share.end; i += 4)
    v128.store(at(c.y, i), f32x4.mul(v128.load(at(c.b, i)), slope(c.kind, v128.load(at(c.a, i)))));
}

/** a: gate, b: up. */
export function gated(c: Elementwise): void {
  take(c);
  for (let i = share.first; i < share.end; i += 4)
    v128.store(at(c.y, i), f32x4.mul(value(c.kind, v128.load(at(c.a, i))), v128.load(at(c.b, i))));
}

/** a: gate, b: up, c: dy; y: d gate, z: d up. */
export function gatedBackward(c: Elementwise): void {
  take(c);
  for (let i = share.first; i < share.end; i += 4) {
    const gate = v128.load(at(c.a, i));
    const dy = v128.load(at(c.c, i));
    const up = v128.load(at(c.b, i));
    v128.store(at(c.y, i), f32x4.mul(f32x4.mul(dy, up), slope(c.kind, gate)));
    v128.store(at(c.z, i), f32x4.mul(dy, value(c.kind, gate)));
  }
}

/** As src/backends/wasm/commands/elementwise.ts writes it. */
@unmanaged
export class Dropout {
  op: i32;
  size: i32;
  x: usize;
  y: usize;
  seed: usize;
  count: i32;
  threshold: u32;
  /** The stream's number times 0x9e3779b9. */
  stream: u32;
  growth: f32;
  first: u32;
}

function scramble(value: v128): v128 {
  const state = i32x4.add(i32x4.mul(value, i32x4.splat(747796405)), i32x4.splat(<i32>2891336453));
  // The shift differs from lane to lane, by 4 to 19 places.
  const a = scrambled(i32x4.extract_lane(state, 0));
  const b = scrambled(i32x4.extract_lane(state, 1));
  const c = scrambled(i32x4.extract_lane(state, 2));
  const d = scrambled(i32x4.extract_lane(state, 3));
  let word = i32x4.splat(a);
  word = i32x4.replace_lane(word, 1, b);
  word = i32x4.replace_lane(word, 2, c);
  return i32x4.replace_lane(word, 3, d);
}

// @ts-ignore: decorator
@inline
function scrambled(state: u32): u32 {
  const word = ((state >> ((state >> 28) + 4)) ^ state) * 277803737;
  return (word >> 22) ^ word;
}

export function dropout(c: Dropout): void {
  share.take(c.count, 16);
  const seed = i32x4.splat(load<i32>(c.seed));
  const step = i32x4.splat(load<i32>(c.seed, 4));
  const threshold = i32x4.splat(c.threshold);
  const growth = f32x4.splat(c.growth);
  for (let i = share.first; i < share.end; i += 4) {
    const index = i32x4.add(i32x4.splat(c.first + i), i32x4(0, 1, 2, 3));
    let bits = scramble(v128.xor(index, i32x4.splat(c.stream)));
    bits = scramble(i32x4.add(scramble(v128.xor(bits, seed)), step));
    const x = f32x4.mul(v128.load(at(c.x, i)), growth);
    v128.store(at(c.y, i), v128.and(x, i32x4.ge_u(bits, threshold)));
  }
}
