import type { DeviceTraits, Dispatch } from '../../graph/op.ts';
import partScalar from '../../../shaders/part_scalar.wgsl?raw';
import partVec4 from '../../../shaders/part_vec4.wgsl?raw';
import capNone from '../../../shaders/cap_none.wgsl?raw';
import capTanh from '../../../shaders/cap_tanh.wgsl?raw';
import shape from '../../../shaders/attention_shape.wgsl?raw';
import shared from '../../../shaders/attention_shared.wgsl?raw';
import row from '../../../shaders/attention.wgsl?raw';
import rowBackwardQuery from '../../../shaders/attention_backward_query.wgsl?raw';
import rowBackwardKey from '../../../shaders/attention_backward_key.wgsl?raw';
import quadShape from '../../../shaders/attention_quad_shape.wgsl?raw';
import quad from '../../../shaders/attention_quad.wgsl?raw';
import quadBackwardQuery from '../../../shaders/attention_quad_backward_query.wgsl?raw';
import quadBackwardKey from '../../../shaders/attention_quad_backward_key.wgsl?raw';
import tileShape from '../../../shaders/attention_tile_shape.wgsl?raw';
import tile from '../../../shaders/attention_tile.wgsl?raw';
import tileBackwardQuery from '../../../shaders/attention_tile_backward_query.wgsl?raw';
import tileBackwardKey from '../../../shaders/attention_tile_backward_key.wgsl?raw';
import split from '../../../shaders/attention_split.wgsl?raw';
import { flatIndex, subgroupDirectives, threads } from '../dispatch.ts';
import { unroll } from '../unroll.ts';
import type { AttentionAttributes } from './op.ts';

/**
 * How attention runs:
 * - `row`: a thread has one query and head (or one key and KV head), and streams all that it sees. For any head size.
 * - `quad`: four lanes have a few each, and hand round what all of them see: few loads, no workgroup memory.
 * - `tile`: 64 threads have one each, and what they see goes through workgroup memory.
 * - `split`: 64 threads share the keys of one query and head: for a token over a long cache.
 */
export type Variant = 'row' | 'quad' | 'tile' | 'split';

/** What is computed; queries and keys are the items that threads have. */
export type Pass = 'forward' | 'backward, queries' | 'backward, keys';

const kernels: Readonly<Record<Variant, Readonly<Partial<Record<Pass, string>>>>> = {
  row: { forward: row, 'backward, queries': rowBackwardQuery, 'backward, keys': rowBackwardKey },
  quad: { forward: quad, 'backward, queries': quadBackwardQuery, 'backward, keys': quadBackwardKey },
  tile: { forward: tile, 'backward, queries': tileBackwardQuery, 'backward, keys': tileBackwardKey },
  split: { forward: split },
};

/** Below so many queries a sequence and KV head, those that share what they load would have nobody to share it with. */
const leastShared = 8;

/** Bytes of workgroup memory of a split kernel: of 32 threads a mix, a top and a total. */
const splitBytes = (headDim: number) => 32 * (8 + 4 * headDim);

/** The variants of the forward pass, or of both backward ones, the preferred one first. */
export function variantsOf(
  a: AttentionAttributes,
  device: DeviceTraits,
  forward: boolean,
): [Variant, ...Variant[]] {
  const { headDim } = a;
  if (headDim % 4 !== 0 || headDim > 128) return ['row'];
  const { software, subgroup } = device;
  if (!hasManyQueries(a)) {
    if (!forward || splitBytes(headDim) > device.workgroupBytes) return ['row'];
    return software ? ['row', 'split'] : ['split', 'row'];
  }
  // What a quad holds is written out: beyond 64 that takes seconds to compile. That a quad is four neighbouring threads
  // is so on software adapters (tests); WebGPU does not promise it.
  const quads: Variant[] =
    software && subgroup !== null && subgroup % 4 === 0 && headDim <= 64 ? ['quad'] : [];
  // A processor has neither workgroup memory nor threads to spare.
  if (!software) return ['tile', 'row'];
  return quads.length > 0 ? ['quad', 'row', 'tile'] : ['row', 'tile'];
}

export function hasManyQueries({ queriesPerSequence, heads, kvHeads }: AttentionAttributes): boolean {
  return (queriesPerSequence * heads) / kvHeads >= leastShared;
}

type Built = Pick<Dispatch, 'code' | 'constants' | 'directives' | 'workgroups'>;

/** The kernel of a variant over `rows` rows of queries. `extra`: WGSL that the pass needs besides. */
export function kernelOf(
  variant: Variant,
  pass: Pass,
  rows: number,
  a: AttentionAttributes,
  extra: readonly string[] = [],
): Built {
  const code = kernels[variant][pass];
  if (code === undefined) throw new Error(`attention has no ${variant} kernel for ${pass}`);
  const vectors = a.headDim % 4 === 0;
  const parts = vectors ? a.headDim / 4 : a.headDim;
  const each = itemsALane(parts);
  const loops = { PARTS: parts, EACH: each };
  const common = [flatIndex, vectors ? partVec4 : partScalar, shape, a.softcap ? capTanh : capNone, ...extra];
  const items = itemsOf(pass, a);
  const pairs = (rows / a.queriesPerSequence) * a.kvHeads;
  const plain = {
    constants: { HEAD_DIM: a.headDim },
    code: [...common, variant === 'row' && parts > mostWritten ? code : unroll(code, loops)],
    workgroups: threads(pairs * items),
  };
  const built: Readonly<Record<Variant, () => Built>> = {
    row: () => plain,
    split: () => ({ ...plain, workgroups: [pairs * items, 1, 1] }),
    quad: () => ({
      constants: { HEAD_DIM: a.headDim, EACH: each },
      directives: subgroupDirectives,
      code: [...common, shared, quadShape, unroll(code, loops)],
      workgroups: threads(pairs * Math.ceil(items / (4 * each)) * 4),
    }),
    tile: () => ({
      constants: { HEAD_DIM: a.headDim, TILE: a.headDim <= 64 ? 16 : 8 },
      code: [...common, shared, tileShape, unroll(code, loops)],
      workgroups: [pairs * Math.ceil(items / 64), 1, 1],
    }),
  };
  return built[variant]();
}

/** Vectors of a head up to which a plain kernel is written out: three times as fast on a processor, but long to compile. */
const mostWritten = 16;

/** Queries and heads, or keys, of a sequence and KV head. */
function itemsOf(pass: Pass, { heads, kvHeads, queriesPerSequence, keysPerSequence }: AttentionAttributes) {
  return pass === 'backward, keys' ? keysPerSequence : (queriesPerSequence * heads) / kvHeads;
}

/** What a lane of a quad holds of so many vec4s each: more saves loads, and takes longer to compile. */
const itemsALane = (parts: number): number => (parts <= 8 ? 2 : 1);
