import type { ModelConfig } from '../../formats/model-config.ts';
import { ropeTable, rotaryDims } from '../../models/rope.ts';
import type { OnnxGraph } from './graph.ts';
import { capped, cast, scaled } from './parts.ts';

/** Cosines and sines of the positions at hand, [batch, 1, sequence, pairs]. */
export interface Rotation {
  readonly cos: string;
  readonly sin: string;
  /** Dimensions of a head that turn. */
  readonly dims: number;
}

/** Rows of the tables at most: with 128 dimensions 8 MiB each, where a context of a million would take 256. */
const mostRows = 32_768;

/** Positions that the file has rows for; beyond them ONNX Runtime refuses to run. */
export const tabledPositions = ({ maxPositions }: Pick<ModelConfig, 'maxPositions'>): number =>
  Math.min(maxPositions, mostRows);

/** Rows of tables that were made in double precision; null where positions are learned. */
export function rotation(graph: OnnxGraph, config: ModelConfig, positions: string): Rotation | null {
  const dims = rotaryDims(config);
  if (dims === 0) return null;
  const rows = tabledPositions(config);
  const row = (kind: 'cos' | 'sin') => {
    const table = graph.stored({
      name: `rope.${kind}`,
      type: 'f32',
      shape: [rows, dims / 2],
      bytes: () => Promise.resolve(new Uint8Array(ropeTable(config, rows, kind).buffer)),
    });
    return graph.apply('Unsqueeze', [graph.apply('Gather', [table, positions]), graph.integers([1])]);
  };
  return { cos: row('cos'), sin: row('sin'), dims };
}

/** Which keys each query sees, bool [batch, 1, sequence, past + sequence], by window. */
export interface Masks {
  of(window: number | null): string;
}

/** Causal, within the window, and 1 in attention_mask. Padding is on the left, so that indices stand for positions. */
export function masks(
  graph: OnnxGraph,
  ids: string,
  attentionMask: string,
  windows: readonly (number | null)[],
): Masks {
  const length = (x: string) =>
    graph.apply('Gather', [graph.apply('Shape', [x]), graph.integers(1)], { attributes: { axis: 0 } });
  const total = length(attentionMask);
  const past = graph.apply('Sub', [total, length(ids)]);
  const range = (from: string) => graph.apply('Range', [from, total, graph.integers(1)]);
  const query = graph.apply('Unsqueeze', [range(past), graph.integers([1])]);
  const distance = graph.apply('Sub', [query, range(graph.integers(0))]);
  const causal = graph.apply('GreaterOrEqual', [distance, graph.integers(0)]);
  const real = graph.apply('Unsqueeze', [cast(graph, attentionMask, 'bool'), graph.integers([1, 2])]);
  const masked = [...new Set(windows)].map((window) => {
    const near =
      window === null
        ? causal
        : graph.apply('And', [causal, graph.apply('Less', [distance, graph.integers(window)])]);
    return [window, graph.apply('And', [near, real])] as const;
  });
  const byWindow = new Map(masked);
  return { of: (window) => byWindow.get(window)! };
}

interface Column {
  readonly value: string;
  readonly columns: number;
}

/** q, k and v as [batch, sequence, heads, headDim], from separate modules or from one. */
export function headSplit(
  graph: OnnxGraph,
  projected: { q: Column; k: Column; v: Column } | { qkv: Column },
  { headDim, decoder, heads, kvHeads }: Pick<ModelConfig, 'headDim' | 'decoder' | 'heads' | 'kvHeads'>,
) {
  const inHeads = (x: string) => graph.apply('Reshape', [x, graph.integers([0, 0, -1, headDim])]);
  if (!('qkv' in projected)) {
    const { q, k, v } = projected;
    return {
      q: inHeads(q.value),
      k: inHeads(k.value),
      v: inHeads(v.value),
      heads: q.columns / headDim,
      kvHeads: k.columns / headDim,
    };
  }
  const { value } = projected.qkv;
  if (decoder.fused === 'by-head') {
    const byHead = graph.apply('Reshape', [value, graph.integers([0, 0, -1, 3 * headDim])]);
    const [q, k, v] = graph.split(byHead, [headDim, headDim, headDim]) as [string, string, string];
    return { q, k, v, heads, kvHeads };
  }
  const sizes = [heads, kvHeads, kvHeads].map((count) => count * headDim);
  const [q, k, v] = graph.split(value, sizes).map(inHeads) as [string, string, string];
  return { q, k, v, heads, kvHeads };
}

export interface Attention {
  readonly layer: number;
  /** [batch, sequence, heads, headDim]. */
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly scale: number;
  readonly cap: number | null;
  readonly mask: string;
  readonly turn: Rotation | null;
}

/** Grouped-query attention over past and present positions → [batch, sequence, heads · headDim]. */
export function attend(graph: OnnxGraph, at: Attention): string {
  const { heads, kvHeads, headDim } = at;
  graph.within(`attention.${at.layer}`);
  const turned = (x: string) =>
    at.turn ? rotate(graph, byHead(graph, x), at.turn, headDim) : byHead(graph, x);
  const shape = (...extents: number[]) => graph.integers(extents);
  const keys = cached(graph, at, 'key', turned(at.k));
  const values = cached(graph, at, 'value', byHead(graph, at.v));
  // The query heads of a key head are its rows, one after the other.
  const rows = graph.apply('Reshape', [
    scaled(graph, turned(at.q), at.scale),
    shape(0, kvHeads, -1, headDim),
  ]);
  const columns = graph.apply('Transpose', [keys], { attributes: { perm: [0, 1, 3, 2] } });
  const scores = graph.apply('Reshape', [graph.apply('MatMul', [rows, columns]), shape(0, heads, -1, 0)]);
  const seen = graph.apply('Where', [at.mask, capped(graph, scores, at.cap), graph.scalar(lowest)]);
  const shares = graph.apply('Softmax', [seen], { attributes: { axis: -1 } });
  const grouped = graph.apply('Reshape', [shares, shape(0, kvHeads, -1, 0)]);
  const mixed = graph.apply('Reshape', [
    graph.apply('MatMul', [grouped, values]),
    shape(0, heads, -1, headDim),
  ]);
  return graph.apply('Reshape', [byHead(graph, mixed), shape(0, 0, heads * headDim)]);
}

/** Lowest float32, not −∞: a row of padding, which sees nothing, becomes some mean and not NaN. */
const lowest = -3.4028234663852886e38;

/** [batch, sequence, heads, headDim] ↔ [batch, heads, sequence, headDim]. */
const byHead = (graph: OnnxGraph, x: string) =>
  graph.apply('Transpose', [x], { attributes: { perm: [0, 2, 1, 3] } });

/** Pairs (i, i + dims/2) of the leading `dims` dimensions turn; the others pass. x [batch, heads, sequence, headDim]. */
function rotate(graph: OnnxGraph, x: string, { cos, sin, dims }: Rotation, headDim: number): string {
  const half = dims / 2;
  const [a, b, rest] = graph.split(x, dims < headDim ? [half, half, headDim - dims] : [half, half]) as [
    string,
    string,
    string | undefined,
  ];
  const times = (left: string, right: string) => graph.apply('Mul', [left, right]);
  const first = graph.apply('Sub', [times(a, cos), times(b, sin)]);
  const second = graph.apply('Add', [times(b, cos), times(a, sin)]);
  const all = rest === undefined ? [first, second] : [first, second, rest];
  return graph.apply('Concat', all, { attributes: { axis: -1 } });
}

/** The past with what is new after it, which is an output of the model too. */
function cached(graph: OnnxGraph, at: Attention, part: 'key' | 'value', x: string): string {
  const { layer, kvHeads, headDim } = at;
  const shape = (length: string) => ['batch_size', kvHeads, length, headDim];
  const past = graph.input({
    name: `past_key_values.${layer}.${part}`,
    type: 'f32',
    shape: shape('past_sequence_length'),
  });
  const present = graph.apply('Concat', [past, x], {
    attributes: { axis: 2 },
    as: `present.${layer}.${part}`,
  });
  graph.output({ name: present, type: 'f32', shape: shape('total_sequence_length') });
  return present;
}
