import { Graph } from '../../graph/graph.ts';
import type { DeviceTraits, Node, Variants } from '../../graph/op.ts';
import { bytesOf, sizeOf, type Tensor } from '../../graph/tensor.ts';
import { median } from '../../lib/statistics.ts';
import { within } from '../within.ts';
import { largestBinding } from './device.ts';
import { GpuProgram, type ProgramContext } from './program.ts';
import { GpuStore } from './store.ts';

/** Device time of all measurements together, and time after which none is begun (compiling is most of it), in ms. */
const deviceTime = 1500;
const patience = 8000;
/** A sample is of as many runs as take about so long, in ms: timestamps come in steps of a tenth in a browser. */
const sampleTime = 4;
const mostRuns = 256;
const leastRounds = 3;
const mostRounds = 9;
/** The preferred variant stays unless another takes less than this share of its time: noise must not decide. */
const clearlyFaster = 0.95;
/** A variant that takes so many times as long in its first sample is not looked at again. */
const hopeless = 2;
/** And one that does so in its first run, or whose samples would take so many ms, has none: a watchdog may be near. */
const hopelessAtOnce = 10;
const longestSample = 500;
/** Runs of fewer ms are too short for their ratio to say anything. */
const tellingTime = 0.5;
/** Milliseconds between looking whether to go on while pipelines are compiled. */
const glance = 100;
/** Of what is measured, at most: multiply–accumulates and bytes. Larger nodes of the same key behave alike. */
const mostWork = 5e8;
const mostBytes = 2 ** 26;

/** A choice to be made, and a node to measure it by. */
export interface Question {
  readonly variants: Variants;
  readonly node: Node;
}

/** The distinct choices between variants that graphs ask for. */
export function questionsOf(graphs: readonly Graph[], traits: DeviceTraits): Question[] {
  const found = new Map<string, Question & { weight: number }>();
  for (const node of graphs.flatMap(({ nodes }) => nodes)) {
    const variants = node.op.variants?.(node, traits);
    if (!variants || variants.names.length < 2) continue;
    const weight = weightOf(node, traits);
    const known = found.get(variants.key);
    if (!known || weight > known.weight) found.set(variants.key, { variants, node, weight });
  }
  return [...found.values()];
}

/** How well a node stands for its kind: the more work the better, but what is too large is worse than anything that is not. */
function weightOf(node: Node, traits: DeviceTraits): number {
  const work = node.op.dispatches(node, traits).reduce((sum, dispatch) => sum + dispatch.work, 0);
  const operands = [...node.inputs, ...node.outputs].filter((tensor) => tensor !== null);
  const bytes = operands.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  return work <= mostWork && bytes <= mostBytes ? work : -work - bytes;
}

/** Measures which variants are fastest on a device, each choice once. */
export class Tuner {
  readonly #context: Omit<ProgramContext, 'traits'>;
  readonly #known = new Map<string, string>();

  constructor(context: Omit<ProgramContext, 'traits'>) {
    this.#context = context;
  }

  /**
   * Choices other than the preferred ones. What there was no time for, or no memory, stays as it is preferred, until the
   * next time. `checkpoint` is called between measurements; what it throws ends them.
   */
  async answer(
    questions: readonly Question[],
    traits: DeviceTraits,
    checkpoint: () => Promise<void>,
  ): Promise<DeviceTraits['choices']> {
    const open = questions.filter(({ variants }) => !this.#known.has(variants.key));
    const began = performance.now();
    await this.#compile(open, traits, checkpoint);
    for (const question of open) {
      await checkpoint();
      if (performance.now() - began > patience) break;
      const best = await this.#fastest(question, traits, deviceTime / open.length);
      if (best !== null) this.#known.set(question.variants.key, best);
    }
    const chosen = questions.map(({ variants: { key, names } }) => ({
      key,
      names,
      name: this.#known.get(key) ?? names[0],
    }));
    return new Map(chosen.filter(({ names, name }) => name !== names[0]).map(({ key, name }) => [key, name]));
  }

  /** All pipelines at once, as many as the device compiles at a time; one that fails says so again where it is needed. */
  async #compile(
    questions: readonly Question[],
    traits: DeviceTraits,
    checkpoint: () => Promise<void>,
  ): Promise<void> {
    const dispatches = questions.flatMap(({ node, variants: { key, names } }) =>
      names.flatMap((name) => node.op.dispatches(node, choosing(traits, key, name))),
    );
    const compiled = Promise.allSettled(dispatches.map((dispatch) => this.#context.pipelines.get(dispatch)));
    const end = performance.now() + patience;
    while (!(await within(compiled, glance)) && performance.now() < end) await checkpoint();
  }

  /** Null where not one of the variants could be run. */
  async #fastest({ node, variants }: Question, traits: DeviceTraits, budget: number): Promise<string | null> {
    const { key, names } = variants;
    const graph = alone(node);
    const { device } = this.#context;
    const store = new GpuStore(device, largestBinding(device));
    for (const tensor of graph.tensors) if (tensor.kind === 'stored') store.allocate(tensor.name, tensor);
    const entries: Entry[] = [];
    try {
      await store.settled();
      for (const name of names) {
        const program = await this.#build(graph, store, choosing(traits, key, name));
        if (program) entries.push({ name, program, samples: [] });
      }
      await sample(entries, budget);
      return winner(entries);
    } catch {
      return null;
    } finally {
      for (const { program } of entries) program.dispose();
      store.dispose();
    }
  }

  async #build(graph: Graph, store: GpuStore, traits: DeviceTraits): Promise<GpuProgram | null> {
    try {
      const program = await GpuProgram.build({ ...this.#context, traits }, graph, store);
      for (const tensor of graph.tensors)
        if (isLimits(tensor)) program.write(tensor.name, new Int32Array(sizeOf(tensor.shape)).fill(2 ** 30));
      return program;
    } catch {
      return null;
    }
  }
}

interface Entry {
  readonly name: string;
  readonly program: Pick<GpuProgram, 'time' | 'dispose'>;
  /** Milliseconds, round by round. */
  readonly samples: number[];
}

/** Round after round, each beginning with another variant, so that a slow spell of the device falls on all of them. */
export async function sample(entries: readonly Entry[], budget: number): Promise<void> {
  const [preferred, ...others] = entries;
  if (!preferred || others.length === 0) return;
  const first = Math.max(tellingTime, await preferred.program.time(1));
  const runs = await runsOf(preferred);
  const most = Math.min(hopelessAtOnce * first, longestSample / runs);
  let racing = [preferred];
  for (const entry of others) if ((await entry.program.time(1)) <= most) racing.push(entry);
  let spent = 0;
  for (let round = 0; round < mostRounds && (round < leastRounds || spent < budget); round++) {
    for (let turn = 0; turn < racing.length; turn++) {
      const { program, samples } = racing[(turn + round) % racing.length]!;
      const time = await program.time(runs);
      samples.push(time);
      spent += time;
    }
    const bound = hopeless * preferred.samples[0]!;
    racing = racing.filter(({ samples }) => samples[0]! <= bound);
  }
}

/** Runs of a variant that make up a sample. */
async function runsOf({ program }: Entry): Promise<number> {
  let runs = 1;
  while (runs < mostRuns && (await program.time(runs)) < sampleTime) runs *= 4;
  return runs;
}

/** By the medians of their ratios to the preferred one, which comes first. A time of 0 is none. */
export function winner(entries: readonly Pick<Entry, 'name' | 'samples'>[]): string | null {
  const [preferred] = entries;
  if (!preferred) return null;
  const timed = entries.map(({ name, samples }) => {
    const ratios = samples.map((time, round) => time / preferred.samples[round]!);
    return { name, ratios: ratios.filter((ratio) => ratio > 0 && ratio < Infinity) };
  });
  const ratios = timed
    .filter((each) => each.ratios.length > 0)
    .map((each) => ({ name: each.name, ratio: median(each.ratios) }));
  const best = ratios.toSorted((a, b) => a.ratio - b.ratio)[0];
  return best && best.ratio < clearlyFaster ? best.name : preferred.name;
}

function choosing(traits: DeviceTraits, key: string, name: string): DeviceTraits {
  return { ...traits, choices: new Map([[key, name]]) };
}

/** A node on operands of its own, all zero: nothing that a model holds is touched. */
function alone(node: Node): Graph {
  const graph = new Graph();
  const known = new Map<Tensor, Tensor>();
  const operand = (tensor: Tensor, index: number): Tensor => {
    const root = tensor.alias ?? tensor;
    const { dtype, shape } = root;
    const name = `operand ${index}`;
    const made =
      known.get(root) ??
      (root.kind === 'stored' ? graph.stored(name, dtype, shape) : graph.input(name, dtype, shape));
    known.set(root, made);
    return made;
  };
  const inputs = node.inputs.map((tensor, index) => tensor && operand(tensor, index));
  graph.apply(node.op, inputs, node.attributes);
  return graph;
}

/** Limits of zero would leave nothing to compute; they are the only whole numbers that come as a matrix (`kernels/limits.ts`). */
const isLimits = ({ kind, dtype, shape }: Tensor) =>
  kind === 'input' && dtype === 'i32' && shape.length === 2;
