/**
 * A LoRA adapter in GGUF, as llama.cpp loads it beside a model: `<tensor>.lora_a` [rank, in] and `.lora_b` [out, rank],
 * one alpha for all (scale alpha / rank; 0: no scale). (ggml-org/llama.cpp, `src/llama-adapter.cpp`.)
 */
import { damagedGguf } from './gguf-cursor.ts';
import type { GgufFile, GgufTensor } from './gguf.ts';
import type { GgufPlace } from './gguf-names.ts';
import { readFloats } from './gguf-weights.ts';
import type { PeftAdapter, PeftModule } from './peft.ts';
import { missingTensor, type TensorEntry } from './safetensors.ts';

const loraName = /^(.+)\.lora_([ab])$/;
const dtypes = { F32: 'F32', F16: 'F16', BF16: 'BF16' } as const;

/** A tensor of the adapter: where it is, and which it is for the model. */
interface Half {
  readonly tensor: GgufTensor;
  readonly place: GgufPlace;
  readonly entry: TensorEntry;
}

/** Reads the adapter of a model with these tensors (`places`, by canonical name). */
export function ggufAdapter(gguf: GgufFile, places: ReadonlyMap<string, GgufPlace>): PeftAdapter {
  const { file, metadata } = gguf;
  const type = metadata.text('adapter.type');
  if (type !== 'lora') throw metadata.fail('adapter.type', `is ${type ?? 'missing'}, but should be "lora"`);
  const alpha = metadata.number('adapter.lora.alpha') ?? 0;
  if (alpha < 0 || alpha > 1e6) throw metadata.fail('adapter.lora.alpha', `is ${alpha}`);
  const halves = readHalves(gguf, places);
  const modules = new Map<string, PeftModule>();
  for (const name of halves.keys()) {
    const module = name.slice(0, -1).replace(/\.lora_$/, '');
    modules.set(module, describe(gguf, module, halves, alpha));
  }
  const entries = new Map([...halves].map(([name, { entry }]) => [name, entry]));
  return {
    name: metadata.text('general.name') ?? file.path,
    modules,
    config: {
      peft_type: 'LORA',
      r: Math.max(1, ...[...modules.values()].map(({ rank }) => rank)),
      lora_alpha: alpha || 1,
    },
    store: {
      entries,
      metadata: {},
      async read(name, { from = 0, to, signal } = {}) {
        const half = halves.get(name);
        if (!half) throw missingTensor(file.path, name);
        return (await readFloats(gguf, half, signal)).bytes.slice(from, to);
      },
    },
  };
}

/** `<module>.lora_a` and `.lora_b` → where they are. */
function readHalves({ file, tensors }: GgufFile, places: ReadonlyMap<string, GgufPlace>): Map<string, Half> {
  const modules = new Map(
    [...places].flatMap(([name, place]) =>
      place.linear ? [[place.name, { module: name.replace(/\.weight$/, ''), place }] as const] : [],
    ),
  );
  const halves = new Map<string, Half>();
  for (const tensor of tensors.values()) {
    const [, base = '', which = ''] = loraName.exec(tensor.name) ?? [];
    const found = modules.get(base);
    const fail = (problem: string) =>
      damagedGguf(file.path, `${tensor.name} ${problem}`, { field: tensor.name, offset: tensor.begin });
    if (!found) throw fail('belongs to no linear module of the model');
    const { type, shape, begin, end } = tensor;
    if (!Object.hasOwn(dtypes, type)) throw fail(`is ${type}, but should be F32, F16 or BF16`);
    const sides = which === 'a' ? [undefined, found.place.shape[1]] : [found.place.shape[0], undefined];
    if (shape.length !== 2 || sides.some((side, i) => side !== undefined && side !== shape[i]))
      throw fail(`is [${shape.join(', ')}], but the module is [${found.place.shape.join(', ')}]`);
    const name = `${found.module}.lora_${which}`;
    const order = which === 'b' ? found.place.order : null;
    halves.set(name, {
      tensor,
      place: { name: tensor.name, shape, order, offset: 0, linear: false },
      entry: { name, dtype: dtypes[type as keyof typeof dtypes], shape, begin, end },
    });
  }
  return halves;
}

function describe(
  { file }: GgufFile,
  module: string,
  halves: ReadonlyMap<string, Half>,
  alpha: number,
): PeftModule {
  const [a, b] = [halves.get(`${module}.lora_a`)?.entry, halves.get(`${module}.lora_b`)?.entry];
  const rank = a?.shape[0] ?? 0;
  const { begin } = (a ?? b)!;
  if (!a || !b || b.shape[1] !== rank)
    throw damagedGguf(file.path, `lora_a and lora_b of ${module} do not make a pair`, {
      field: module,
      offset: begin,
    });
  return { module, rank, alpha: alpha === 0 ? rank : alpha, scale: alpha === 0 ? 1 : alpha / rank, a, b };
}
