import type { Store } from '../backends/backend.ts';
import { memoryParts, type MemoryPart, type Stage } from '../session/events.ts';
import type { RunContext } from './run-context.ts';

const suffixes: readonly [RegExp, MemoryPart][] = [
  [/\.moment[12]$/, 'optimizer'],
  [/\.lora_[AB]\.weight$/, 'adapters'],
  [/\.mask$/, 'masks'],
  [/\.(codes|grid)$/, 'codes'],
  [/\.(weight|bias)$/, 'weights'],
];

/** Bytes that a store holds, by what they are for. */
export function heldBytes(store: Store): Record<MemoryPart, number> {
  const bytes = Object.fromEntries(memoryParts.map((part) => [part, 0])) as Record<MemoryPart, number>;
  for (const name of store.names()) {
    const part = suffixes.find(([suffix]) => suffix.test(name))?.[1] ?? 'other';
    bytes[part] += store.cost(store.spec(name));
  }
  return bytes;
}

/** Logs what a stage holds on the device; `scratch` is the working memory of its largest program. */
export function emitMemory({ model, emit }: RunContext, stage: Stage, scratch: number): void {
  emit({ type: 'memory', stage, bytes: { ...heldBytes(model.store), activations: scratch } });
}
