import { argmax, type Generator } from './generate.ts';

export interface Stopping {
  readonly maxTokens: number;
  readonly endIds: ReadonlySet<number>;
}

/** A prompt that is being answered. */
interface Answering {
  readonly index: number;
  readonly prompt: readonly number[];
  readonly made: number[];
}

/**
 * Greedy answers to many prompts, as many at a time as the generator has sequences: token for token what each gives by
 * itself. A sequence whose answer has ended takes the next prompt as soon as half of them are free, since reading
 * prompts costs the same for one as for all. An answer ends as in `Generator.generate`.
 */
export async function generateAll(
  generator: Generator,
  prompts: readonly (readonly number[])[],
  { maxTokens, endIds }: Stopping,
  onStep: (done: number) => Promise<void> = () => Promise.resolve(),
): Promise<number[][]> {
  const answers = prompts.map((): number[] => []);
  const slots = Array.from({ length: generator.sequences }, (): Answering | null => null);
  let waiting = 0;
  for (;;) {
    const free = slots.filter((slot) => slot === null).length;
    if (waiting < prompts.length && 2 * free >= slots.length) {
      const fresh = slots.map((slot): Answering | null => {
        if (slot || waiting >= prompts.length) return null;
        const index = waiting++;
        return { index, prompt: prompts[index]!, made: answers[index]! };
      });
      await generator.read(fresh.map((slot) => slot?.prompt ?? null));
      fresh.forEach((slot, s) => (slots[s] ??= slot));
    }
    const active = slots.filter((slot) => slot !== null).length;
    if (active === 0) return answers;
    const logits = await generator.next(slots.map((slot) => slot && feedOf(slot)));
    slots.forEach((slot, s) => {
      if (!slot) return;
      const token = argmax(logits[s]!);
      const ended = endIds.has(token);
      if (!ended) slot.made.push(token);
      const full = slot.prompt.length + slot.made.length >= generator.capacity;
      if (ended || full || slot.made.length >= maxTokens) slots[s] = null;
    });
    await onStep(waiting - slots.filter((slot) => slot !== null).length);
  }
}

const feedOf = ({ prompt, made }: Answering) => ({
  token: made.at(-1) ?? prompt.at(-1)!,
  position: prompt.length + made.length - 1,
});
