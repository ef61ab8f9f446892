// @ts-check
/** What the tests do in Chromium (page.ts), with the browser builds of ONNX Runtime and transformers.js. */

/**
 * All but the last two tokens at once, these one by one with the cache. Logits of every position.
 * @param {{ path: string, ids: number[], provider: string }} request
 */
export async function logitsOf({ path, ids, provider }) {
  const ort = await import(provider === 'wasm' ? '/ort/ort.wasm.min.mjs' : '/ort/ort.webgpu.min.mjs');
  ort.env.wasm.wasmPaths = '/ort/';
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(path, { executionProviders: [provider] });
  const int64 = (/** @type {number[]} */ values) =>
    new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
  /** @type {Record<string, unknown>} */
  let cache = {};
  /** @type {number[][]} */
  const rows = [];
  for (const to of [ids.length - 2, ids.length - 1, ids.length]) {
    const from = rows.length;
    const positions = ids.map((_, position) => position).slice(from, to);
    /** @type {Record<string, unknown>} */
    const feeds = {
      input_ids: int64(ids.slice(from, to)),
      attention_mask: int64(ids.slice(0, to).map(() => 1)),
      position_ids: int64(positions),
    };
    for (const { name, shape } of session.inputMetadata) {
      if (!name.startsWith('past_key_values.')) continue;
      const sizes = shape.map((/** @type {number | string} */ extent) =>
        typeof extent === 'number' ? extent : Number(extent === 'batch_size'),
      );
      feeds[name] = cache[name] ?? new ort.Tensor('float32', new Float32Array(0), sizes);
    }
    const outputs = await session.run(feeds);
    cache = Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name.replace('present', 'past_key_values'), tensor]),
    );
    const flat = [...(await outputs['logits'].getData())];
    const vocabulary = flat.length / positions.length;
    positions.forEach((_, i) => rows.push(flat.slice(i * vocabulary, (i + 1) * vocabulary)));
  }
  return rows;
}

/**
 * Ids and their greedy continuation.
 * @param {{ folder: string, ids: number[], count: number }} request
 */
export async function generate({ folder, ids, count }) {
  const url = '/transformers/transformers.min.js';
  const { AutoModelForCausalLM, env, Tensor } = await import(url);
  Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: '/' });
  Object.assign(env.backends.onnx.wasm, { wasmPaths: '/wasm/', numThreads: 1 });
  const model = await AutoModelForCausalLM.from_pretrained(folder);
  const int64 = (/** @type {number[]} */ values) =>
    new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
  const output = await model.generate({
    input_ids: int64(ids),
    attention_mask: int64(ids.map(() => 1)),
    max_new_tokens: count,
    eos_token_id: [],
    do_sample: false,
  });
  return Array.from(output.data, Number);
}
