import type { Backend, Store } from '../../src/backends/backend.ts';
import { Pacer } from '../../src/backends/pacer.ts';
import { quantizeModel } from '../../src/compression/quantization/quantize-model.ts';
import { Generator } from '../../src/evaluation/generate.ts';
import { bytesOf, sizeOf } from '../../src/graph/tensor.ts';
import { encodeF16 } from '../../src/lib/half.ts';
import { Random } from '../../src/lib/random.ts';
import { codesName, gridName } from '../../src/models/elastic.ts';
import { plainModel, type Runnable } from '../../src/models/runnable.ts';
import { blockModules } from '../../src/models/structure.ts';
import { llama25M, MadeUp } from '../../src/training/made-up.testing.ts';
import type { Row } from '../protocol.ts';
import type { Section } from '../section.ts';
import { elapsed, interleaved, ratioOf, repetitions, spreadOf } from './timing.ts';

/** Positions of the cache, and the one that is decoded again and again. */
const [capacity, position] = [128, 96];
/** Milliseconds of one measurement, about. */
const portion = 200;

const kinds = [
  { label: 'f16', group: null },
  { label: 'INT4, groups of 64', group: 64 },
  { label: 'INT4, groups of 128', group: 128 },
] as const;

/**
 * A token at a time over a cache, as the text box does it: one model with the linear modules of its blocks in f16, and
 * rounded to INT4 by the project's own quantizer. Embedding and head stay in f16.
 */
export const section: Section = {
  title: 'Decoding one token: a made-up Llama of 25M parameters in INT4 and in f16',
  async measure({ backend, rounds, say }) {
    const models: Runnable[] = [];
    const generators: Generator[] = [];
    for (const { label, group } of kinds) {
      say(label);
      const model = await open(backend, group);
      models.push(model);
      generators.push(await Generator.create(model, capacity));
    }
    for (const generator of generators) await decode(generator, 1);
    const repeats = repetitions((await decode(generators[0]!, 2)) / 2, portion, 200);
    const times = await interleaved(
      generators.map((generator) => () => decode(generator, repeats)),
      rounds,
    );
    for (const generator of generators) generator.dispose();
    const bytes = models.map(linearBytes);
    for (const { store } of models) store.dispose();
    return kinds.flatMap(({ label, group }, index): Row[] => [
      {
        group: label,
        label: 'tokens a second',
        unit: 'tokens/s',
        value: spreadOf(times[index]!.map((time) => (1000 * repeats) / time)),
        note: `${(bytes[index]! / 1e6).toFixed(1)} MB of linear modules a token`,
      },
      ...(group === null ? [] : comparison(label, group, bytes[index]! / bytes[0]!, times, index)),
    ]);
  },
};

/** Milliseconds of so many tokens. */
const decode = (generator: Generator, times: number): Promise<number> =>
  elapsed(async () => {
    for (let i = 0; i < times; i++) await generator.next([{ token: i, position }]);
  });

function comparison(
  label: string,
  group: number,
  bytes: number,
  times: readonly number[][],
  index: number,
): Row[] {
  return [
    {
      group: label,
      label: 'bytes of linear modules over f16’s',
      unit: '×',
      value: spreadOf([bytes]),
      // A scale and a zero point in f32: groups of 64 spend an eighth of a byte a weight on them.
      ...(group === 128 ? { target: { sense: 'at most', value: 0.3 } as const } : {}),
    },
    {
      group: label,
      label: 'speed over f16',
      unit: '×',
      value: ratioOf(times[0]!, times[index]!),
      target: { sense: 'at least', value: 1 },
    },
  ];
}

/** The model in f16; with a group size, its linear modules in INT4 beside that. */
async function open(backend: Backend, group: 64 | 128 | null): Promise<Runnable> {
  const made = new MadeUp(llama25M);
  const store = backend.createStore();
  fill(store, made);
  const model = plainModel(backend, store, made.config);
  if (group === null) return model;
  const quantized = await quantizeModel(
    { backend, store, config: made.config, batches: [], pacer: new Pacer(backend) },
    { method: 'rtn', group, symmetric: false, rule: 'exact', damping: 0 },
    new Set(),
  );
  return { ...model, quantized };
}

/** Random weights in f16, the same few thousand again and again. */
function fill(store: Store, made: MadeUp): void {
  const random = new Random(1);
  const few = encodeF16(Float32Array.from({ length: 2 ** 16 }, () => 0.05 * random.normal()));
  const one = encodeF16(Float32Array.of(1))[0]!;
  for (const [name, { shape }] of made.specs()) {
    const norm = name.includes('norm');
    store.allocate(name, { dtype: 'f16', shape });
    store.write(
      name,
      Uint16Array.from({ length: sizeOf(shape) }, (_, i) => (norm ? one : few[i & 0xffff]!)),
    );
  }
}

/** Bytes that the linear modules of all blocks take, grids included: what a token reads of them. */
function linearBytes({ config, store, quantized }: Runnable): number {
  const modules = Array.from({ length: config.layers }, (_, layer) => blockModules(config, layer)).flat();
  const names = modules.flatMap((module) =>
    quantized.has(module) ? [codesName(module), gridName(module)] : [`${module}.weight`],
  );
  return names.reduce((sum, name) => sum + bytesOf(store.spec(name)), 0);
}
