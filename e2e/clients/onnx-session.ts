import * as ort from 'onnxruntime-node';

type Tensors = Record<string, ort.Tensor>;

/** An exported decoder in ONNX Runtime, with its cache: one batch of sequences. */
export class OnnxDecoder {
  readonly #session: ort.InferenceSession;
  #cache: Tensors = {};
  #past = 0;

  private constructor(session: ort.InferenceSession) {
    this.#session = session;
  }

  static async open(path: string): Promise<OnnxDecoder> {
    return new OnnxDecoder(await ort.InferenceSession.create(path, { intraOpNumThreads: 1 }));
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames;
  }

  /** Forgets what came before. */
  reset(): void {
    this.#cache = {};
    this.#past = 0;
  }

  /**
   * Logits [batch][sequence] of further tokens; `mask` [batch][past + sequence] is all 1 unless given, and positions are
   * counted as transformers does.
   */
  async run(
    ids: readonly (readonly number[])[],
    mask?: readonly (readonly number[])[],
  ): Promise<Float32Array[][]> {
    const [batch, length] = [ids.length, ids[0]!.length];
    const total = this.#past + length;
    const seen = mask ?? ids.map(() => Array.from({ length: total }, () => 1));
    const feeds: Tensors = {
      input_ids: int64(ids.flat(), [batch, length]),
      attention_mask: int64(seen.flat(), [batch, total]),
      position_ids: int64(
        seen.flatMap((row) => positions(row).slice(-length)),
        [batch, length],
      ),
    };
    for (const meta of this.#session.inputMetadata) {
      if (!meta.name.startsWith('past_key_values.') || !meta.isTensor) continue;
      const shape = meta.shape.map((extent) =>
        typeof extent === 'number' ? extent : extent === 'batch_size' ? batch : 0,
      );
      feeds[meta.name] = this.#cache[meta.name] ?? new ort.Tensor('float32', new Float32Array(0), shape);
    }
    const outputs = await this.#session.run(feeds);
    for (const name of this.#session.outputNames)
      if (name.startsWith('present.'))
        this.#cache[name.replace('present', 'past_key_values')] = outputs[name]!;
    this.#past = total;
    const { data, dims } = outputs['logits']!;
    const vocabulary = dims[2]!;
    const row = (index: number) => (data as Float32Array).slice(index * vocabulary, (index + 1) * vocabulary);
    return ids.map((_, b) => Array.from({ length }, (__, t) => row(b * length + t)));
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

const int64 = (values: readonly number[], dims: readonly number[]) =>
  new ort.Tensor('int64', BigInt64Array.from(values, BigInt), dims);

/** Of each token among those that are not padding; 1 on padding. */
function positions(mask: readonly number[]): number[] {
  let next = 0;
  return mask.map((real) => (real ? next++ : 1));
}
