import { getLlama, LlamaLogLevel, type Llama, type LlamaContextSequence, type Token } from 'node-llama-cpp';

/** Its binary is installed for this machine only (tools/clients.sh). */
export const hasLlama = process.platform === 'linux' && process.arch === 'x64';

let started: Promise<Llama> | undefined;

/** llama.cpp on the CPU, as its authors built it. Two threads of a busy machine of two cores take 15 times as long. */
const llama = () =>
  (started ??= getLlama({
    build: 'never',
    gpu: false,
    maxThreads: 1,
    logLevel: LlamaLogLevel.error,
    progressLogs: false,
  }));

/** A GGUF file in llama.cpp, spoken to in token ids. */
export class LlamaDecoder {
  readonly #sequence: LlamaContextSequence;
  readonly #dispose: () => Promise<void>;
  /** With the token that comes first, where the file asks for one. */
  readonly tokenize: (text: string) => number[];

  private constructor(
    sequence: LlamaContextSequence,
    tokenize: (text: string) => number[],
    dispose: () => Promise<void>,
  ) {
    this.#sequence = sequence;
    this.tokenize = tokenize;
    this.#dispose = dispose;
  }

  static async open(path: string, adapter?: string): Promise<LlamaDecoder> {
    const model = await (await llama()).loadModel({ modelPath: path, gpuLayers: 0, useMmap: false });
    const context = await model.createContext({
      contextSize: Math.min(512, model.trainContextSize),
      threads: 1,
      flashAttention: false,
      // As Pare: keys and values in full.
      experimentalKvCacheKeyType: 'F32',
      experimentalKvCacheValueType: 'F32',
      ...(adapter === undefined ? {} : { lora: { adapters: [{ filePath: adapter }] } }),
    });
    return new LlamaDecoder(
      context.getSequence(),
      (text) => [...(model.tokens.shouldPrependBosToken ? [model.tokens.bos!] : []), ...model.tokenize(text)],
      () => model.dispose(),
    );
  }

  /** Log-probabilities of what follows each of the positions asked for. */
  async predict(ids: readonly number[], positions: readonly number[]): Promise<Map<number, Float32Array>> {
    await this.#sequence.clearHistory();
    const asked = new Set(positions);
    const input = ids.map((id, at) =>
      asked.has(at)
        ? ([id as Token, { generateNext: { probabilities: true, options: { temperature: 0 } } }] as const)
        : (id as Token),
    );
    const found = await this.#sequence.controlledEvaluate(
      input as Parameters<LlamaContextSequence['controlledEvaluate']>[0],
    );
    return new Map(positions.map((at) => [at, dense(found[at]?.next.probabilities)]));
  }

  /** The arg-max continuation, past end tokens. */
  async greedy(ids: readonly number[], count: number): Promise<number[]> {
    const found = [...ids];
    while (found.length < ids.length + count) {
      const next = (await this.predict(found, [found.length - 1])).get(found.length - 1)!;
      found.push(next.indexOf(Math.max(...next)));
    }
    return found.slice(ids.length);
  }

  close(): Promise<void> {
    return this.#dispose();
  }
}

function dense(probabilities: ReadonlyMap<Token, number> | undefined): Float32Array {
  if (!probabilities) throw new Error('llama.cpp gave no probabilities');
  const out = new Float32Array(probabilities.size);
  for (const [token, probability] of probabilities) out[token] = Math.log(probability);
  return out;
}
