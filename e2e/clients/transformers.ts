import { AutoModelForCausalLM, env, Tensor } from '@huggingface/transformers';

env.allowRemoteModels = false;

/** `ids` and their greedy continuation by transformers.js, which is told nothing but the folder. */
export async function continuedBy(folder: string, ids: readonly number[], count: number): Promise<number[]> {
  const model = await AutoModelForCausalLM.from_pretrained(folder);
  const int64 = (values: bigint[]) => new Tensor('int64', BigInt64Array.from(values), [1, values.length]);
  const output = (await model.generate({
    input_ids: int64(ids.map(BigInt)),
    attention_mask: int64(ids.map(() => 1n)),
    max_new_tokens: count,
    eos_token_id: [],
    do_sample: false,
  })) as Tensor;
  await model.dispose();
  return numbers(output);
}

export const numbers = (tensor: Tensor): number[] => Array.from(tensor.data as BigInt64Array, Number);
