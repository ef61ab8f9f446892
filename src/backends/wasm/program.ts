import type { Graph } from '../../graph/graph.ts';
import type { Node } from '../../graph/op.ts';
import { planMemory } from '../../graph/plan.ts';
import { bytesOf, type Tensor } from '../../graph/tensor.ts';
import type { HostArray, Program } from '../backend.ts';
import { kernels, type Command } from './commands/command.ts';
import { encoders } from './commands/encoders.ts';
import { hostCall, hostTensor } from './host-call.ts';
import type { WasmMemory } from './memory.ts';
import type { ThreadPool } from './pool.ts';
import { allocated, type WasmStore } from './store.ts';

/** What runs one after the other: a list of commands, or an op's reference function. */
type Step = { readonly begin: number; readonly end: number } | (() => void);

/** A graph as commands in memory, with addresses for tensors. Running it is a call or two. */
export class WasmProgram implements Program {
  readonly scratchBytes: number;
  readonly work: number;
  readonly #graph: Graph;
  readonly #memory: WasmMemory;
  readonly #pool: ThreadPool;
  readonly #addresses = new Map<Tensor, number>();
  /** All that this program allocated. */
  readonly #owned: number[] = [];
  readonly #steps: readonly Step[];

  constructor(graph: Graph, store: WasmStore, memory: WasmMemory, pool: ThreadPool) {
    this.#graph = graph;
    this.#memory = memory;
    this.#pool = pool;
    try {
      this.scratchBytes = this.#place(graph, store);
      const made = graph.nodes.map((node) => this.#make(node));
      const commands = made.filter((each) => typeof each !== 'function');
      pool.reserve(Math.max(0, ...commands.map(({ scratch = 0 }) => scratch)));
      this.#steps = this.#write(made);
      // What runs in JavaScript keeps the thread for long.
      const slow = commands.length < made.length;
      this.work = slow ? Infinity : commands.reduce((sum, { work }) => sum + work, 0);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  write(name: string, data: HostArray): void {
    const input = this.#graph.tensors.find((tensor) => tensor.kind === 'input' && tensor.name === name);
    if (!input) throw new Error(`the graph has no input ${name}`);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (bytes.length > bytesOf(input)) throw new RangeError(`${name} has room for fewer numbers`);
    this.#memory.bytes(this.#address(input), bytes.length).set(bytes);
  }

  run(): void {
    for (const step of this.#steps) {
      if (typeof step === 'function') step();
      else this.#pool.run(step.begin, step.end);
    }
  }

  read(name: string): Promise<Float32Array> {
    const output = this.#graph.outputs.get(name);
    if (!output) throw new Error(`the graph has no output ${name}`);
    const { data } = hostTensor(output, this.#memory, this.#address(output));
    return Promise.resolve(Float32Array.from(data));
  }

  dispose(): void {
    for (const at of this.#owned.splice(0)) this.#memory.free(at);
  }

  /** Gives stored tensors the store's addresses, all others their own. Bytes of scratch memory. */
  #place(graph: Graph, store: WasmStore): number {
    const { slots, slotOf } = planMemory(graph);
    const places = slots.map((bytes) => this.#allocate(bytes, 'working memory'));
    for (const tensor of graph.tensors) {
      const slot = slotOf.get(tensor);
      if (tensor.kind === 'stored') this.#addresses.set(tensor, store.address(tensor.name));
      else if (tensor.kind === 'input') {
        const at = this.#allocate(bytesOf(tensor), tensor.name);
        this.#memory.bytes(at, bytesOf(tensor)).fill(0);
        this.#addresses.set(tensor, at);
      } else if (slot !== undefined) this.#addresses.set(tensor, places[slot]!);
    }
    return slots.reduce((sum, bytes) => sum + bytes, 0);
  }

  #make(node: Node): Command | (() => void) {
    const encode = encoders.get(node.op.name);
    const command = encode?.(node, (tensor) => (tensor ? this.#address(tensor) : 0));
    return command ?? hostCall(node, this.#memory, (tensor) => this.#address(tensor));
  }

  /** Writes the commands one after the other; those between two calls of the host are one step. */
  #write(made: readonly (Command | (() => void))[]): Step[] {
    const count = made.reduce(
      (sum, each) => sum + (typeof each === 'function' ? 0 : each.words.length + 2),
      0,
    );
    const base = this.#allocate(4 * count, 'commands');
    const words = this.#memory.words(base, count);
    const steps: Step[] = [];
    let at = 0;
    let begin = 0;
    const flush = () => {
      if (at > begin) steps.push({ begin: base + 4 * begin, end: base + 4 * at });
      begin = at;
    };
    for (const each of made) {
      if (typeof each === 'function') {
        flush();
        steps.push(each);
        continue;
      }
      const size = each.words.length + 2;
      words.set([kernels.indexOf(each.kernel), 4 * size, ...each.words], at);
      at += size;
    }
    flush();
    return steps;
  }

  #allocate(bytes: number, name: string): number {
    const at = allocated(this.#memory, bytes, name);
    this.#owned.push(at);
    return at;
  }

  #address(tensor: Tensor): number {
    const at = this.#addresses.get(tensor.alias ?? tensor);
    if (at === undefined) throw new Error(`${tensor.name} has no memory`);
    return at;
  }
}
