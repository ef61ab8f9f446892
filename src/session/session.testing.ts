import type { EventOf, Proof, ResultRow, SessionEvent } from './events.ts';
import { defaultScoring, type Recipe } from './recipe.ts';

/** A plausible session for tests: seeded, with the shape of the demo's run. Never imported by shipped code. */
export const recipeFixture: Recipe = {
  version: 1,
  method: 'lonas',
  seed: 7,
  task: 'exact',
  template: 'auto',
  scoring: defaultScoring,
  maxLength: 64,
  split: { validation: 160, test: 400 },
  sparsity: null,
  quantization: null,
  adapter: { rank: 16, alpha: 32, dropout: 0.1, targets: ['q', 'k', 'v', 'up', 'down'] },
  elastic: {
    ranks: [1, 0.75, 0.5],
    widths: [1, 0.875, 0.75, 0.625, 0.5],
    order: 'importance',
    uniform: false,
    heads: [1],
  },
  training: {
    steps: 300,
    batch: 16,
    learningRate: 3e-3,
    warmup: 10,
    schedule: 'cosine',
    weightDecay: 0,
    clip: 1,
    loss: 'answer',
    sampling: 'random',
  },
  search: {
    algorithm: 'nsga2',
    preset: 'pare',
    population: 8,
    evaluations: 48,
    tolerance: 0.01,
    third: null,
    leastOfLora: null,
  },
  baseline: true,
};

export const proofFixture: Proof = {
  logitError: 3.1e-7,
  bound: 1e-5,
  reason: 'f32 sums in another order',
  tokens: 1024,
  maskedWeights: 12_288,
  maskedZeros: 12_288,
  otherZeros: 0,
  codes: { compared: 40_960, equal: 40_960 },
  holds: true,
};

/** Mulberry32: enough for a fixture. */
export function randomFixture(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function startedFixture(layers: number): EventOf<'started'> {
  const groups = Array.from({ length: layers }, (_, layer) => [
    {
      id: `${layer}.qkv`,
      kind: 'rank' as const,
      layer,
      members: members(layer, 'self_attn', ['q', 'k', 'v']),
      choices: [16, 12, 8],
    },
    {
      id: `${layer}.ffn`,
      kind: 'width' as const,
      layer,
      members: members(layer, 'mlp', ['gate', 'up']),
      choices: [176, 152, 128, 112, 88],
    },
    {
      id: `${layer}.up`,
      kind: 'rank' as const,
      layer,
      members: members(layer, 'mlp', ['gate', 'up']),
      choices: [16, 12, 8],
    },
  ]).flat();
  return {
    type: 'started',
    at: 0,
    version: 1,
    date: '2026-11-22T10:00:00.000Z',
    recipe: recipeFixture,
    model: {
      name: 'pare-demo',
      architecture: 'LlamaForCausalLM',
      sha256: 'a'.repeat(64),
      parameters: 205_568,
      layers,
      hiddenSize: 64,
      intermediateSize: 176,
      vocabSize: 67,
      bytes: 822_272,
      dtype: 'f32',
    },
    data: {
      name: 'problems.jsonl',
      sha256: 'b'.repeat(64),
      bytes: 244_403,
      train: 2_000,
      validation: 160,
      test: 400,
      tooLong: 0,
      tests: [],
    },
    device: { backend: 'webgpu', adapter: 'SwiftShader' },
    metric: 'accuracy',
    groups,
    maximalMacs: 260_000,
  };
}

const members = (layer: number, part: string, names: string[]): string[] =>
  names.map((name) => `model.layers.${layer}.${part}.${name}_proj`);

export interface LogOptions {
  layers?: number;
  evaluations?: number;
  steps?: number;
  seed?: number;
  /** A random genome each, instead of children of earlier ones: the worst case for compression. */
  random?: boolean;
  /** Left out to make a log of a run that is still going. */
  finish?: boolean;
  /** With what real runs say of their memory, stage by stage, and of interruptions that they went on after. */
  eventful?: boolean;
  /** With a third objective, and the constraint that the score is at least so much. */
  least?: number | null;
}

export function logFixture(options: LogOptions = {}): SessionEvent[] {
  const {
    layers = 4,
    evaluations = 48,
    steps = 300,
    seed = 1,
    random = false,
    finish = true,
    eventful = false,
    least = null,
  } = options;
  const next = randomFixture(seed);
  const started = startedFixture(layers);
  const log: SessionEvent[] = [started, { type: 'stage', at: 40, stage: 'prepare', total: 1 }];
  let at = 1500;
  log.push({ type: 'progress', at, stage: 'prepare', done: 1 });
  for (const tag of ['untuned-dense', 'untuned'] as const) {
    log.push({ type: 'evaluated', at, genome: null, tag, macs: 243_000, score: 0.03125, generation: 0 });
  }
  log.push({ type: 'stage', at, stage: 'train', total: steps });
  for (let from = 0; from < steps; from += 10) {
    at += 900;
    const values = Array.from(
      { length: Math.min(10, steps - from) },
      (_, i) => 0.3 + 2.6 * Math.exp(-(from + i) / 80) + 0.2 * next(),
    );
    log.push({ type: 'losses', at, from, values });
  }
  log.push(
    { type: 'progress', at, stage: 'train', done: steps },
    { type: 'stage', at, stage: 'search', total: evaluations },
  );
  const scored = search(started, { next, evaluations, random, least, log, at });
  if (finish) log.push(...ending(started, scored, next));
  return eventful ? log.flatMap((event) => [event, ...besides(event, started)]) : log;
}

/** A stage says what it holds on the device; training and search were interrupted once each. */
function besides(event: SessionEvent, { device }: EventOf<'started'>): SessionEvent[] {
  if (event.type !== 'stage') return [];
  const { stage, at } = event;
  const training = stage === 'train';
  const bytes = {
    weights: 822_272,
    masks: 65_536,
    codes: 0,
    adapters: 93_184,
    optimizer: training ? 186_368 : 0,
    activations: training ? 21_626_880 : 7_340_032,
    other: 12_288,
  };
  const memory = { type: 'memory', at, stage, bytes } as const;
  if (stage !== 'train' && stage !== 'search') return [memory];
  const message = training
    ? 'The device had no room for a training step. The run went on from step 40 of training, each batch split into 2 parts.'
    : 'A valid external Instance reference no longer exists. The run went on at sub-network 12, on a new device.';
  const cause = training ? 'out-of-memory' : 'device-lost';
  return [memory, { type: 'recovered', at, cause, message, device, exact: !training, accumulation: 2 }];
}

interface SearchState {
  next: () => number;
  evaluations: number;
  random: boolean;
  least: number | null;
  log: SessionEvent[];
  at: number;
}

function search(started: EventOf<'started'>, state: SearchState): EventOf<'evaluated'>[] {
  const { next, log } = state;
  const sizes = started.groups.map((group) => group.choices.length);
  const scored: EventOf<'evaluated'>[] = [];
  let best = 0;
  for (let index = 0; index < state.evaluations; index++) {
    state.at += 1200;
    const tag = (['maximal', 'heuristic', 'minimal'] as const)[index] ?? null;
    const genome = sizes.map((size, gene) => {
      if (tag) return { maximal: 0, heuristic: Math.floor((size - 1) / 2), minimal: size - 1 }[tag];
      const parent = scored[Math.floor(next() * scored.length)]?.genome?.[gene] ?? 0;
      return state.random || next() < 0.15 ? Math.floor(next() * size) : parent;
    });
    const cost = started.groups.map(
      (group, gene) => (group.choices[genome[gene] ?? 0] ?? 0) / (group.choices[0] ?? 1),
    );
    const kept = cost.reduce((sum, share) => sum + share, 0) / Math.max(1, cost.length);
    const score = Math.round((0.75 - 0.9 * (1 - kept) ** 1.6 + 0.06 * (next() - 0.5)) * 160) / 160;
    const macs = Math.round(started.maximalMacs * (0.4 + 0.6 * kept));
    const generation = Math.floor(index / 8);
    const event: EventOf<'evaluated'> = {
      type: 'evaluated',
      at: state.at,
      genome,
      tag,
      macs,
      score: Math.max(0, score),
      generation,
      ...(state.least === null ? {} : { third: macs * 4, violation: Math.max(0, state.least - score) }),
    };
    scored.push(event);
    log.push(event);
    best = Math.max(best, score * (1 - kept * 0.6));
    if (index % 8 === 7) log.push({ type: 'generation', at: state.at, index: generation, hypervolume: best });
  }
  log.push({ type: 'progress', at: state.at, stage: 'search', done: state.evaluations });
  return scored;
}

function ending(
  started: EventOf<'started'>,
  scored: EventOf<'evaluated'>[],
  next: () => number,
): SessionEvent[] {
  const at = (scored.at(-1)?.at ?? 0) + 1000;
  const heuristic = scored.find((event) => event.tag === 'heuristic');
  const good = scored.filter((event) => event.macs <= (heuristic?.macs ?? 0));
  const best = good.toSorted((a, b) => b.score - a.score)[0];
  const rows: [string, ResultRow['tag'], number[] | null, number][] = [
    ['w/o tune', 'untuned-dense', null, 0.03],
    ['LoRA', 'lora', null, 0.7475],
    ['LoNAS heuristic', 'heuristic', heuristic?.genome ?? null, 0.6],
    ['LoNAS best', 'best', best?.genome ?? null, 0.63],
  ];
  return [
    { type: 'stage', at, stage: 'test', total: rows.length },
    ...(best?.genome ? [{ type: 'chosen', at, genome: best.genome, by: 'rule' } as const] : []),
    ...rows.map(([label, tag, genome, score]) => ({
      type: 'result' as const,
      at,
      row: {
        label,
        tag,
        genome,
        score,
        examples: 400,
        interval: [score - 0.04, score + 0.05] as [number, number],
        sparsity: 0,
        precision: 'FP32',
        tmacsAt256: 0.0000666 * (genome ? 0.8 : 1),
        macsPerToken: started.maximalMacs,
        totalParameters: genome ? 170_000 : 201_280,
        wholeModelParameters: 205_568,
        nonZeroParameters: genome ? 170_000 : 201_280,
        speedup: genome ? 1.1 + next() * 0.2 : 1,
        bytes: genome ? 680_000 : null,
        tests: [],
      },
    })),
    { type: 'proof', at: at + 3000, proof: proofFixture },
    { type: 'progress', at: at + 4000, stage: 'test', done: rows.length },
    { type: 'finished', at: at + 4000, seconds: (at + 4000) / 1000 },
  ];
}
