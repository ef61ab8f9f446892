/** Finds a model's tensors in its weight files, under their canonical names, and checks them against the config. */
import { assert, PareError } from '../lib/assert.ts';
import type { FloatDtype } from '../lib/half.ts';
import type { Architecture, DescribedModel } from './architecture.ts';
import { expectedTensors, type ExpectedTensor } from './expected-tensors.ts';
import type { ModelConfig } from './model-config.ts';
import { takePacked, type PackedModule, type Packing } from './packed.ts';
import type { SafetensorsDtype, TensorEntry, TensorStore } from './safetensors.ts';

export interface ModelTensors {
  /** The config, with `tied` as the file has it. */
  readonly config: ModelConfig;
  /** Float tensors by canonical name. A tied matrix is here once, as the embedding. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** Those of them that the file holds as [in, out]. */
  readonly transposed: ReadonlySet<string>;
  /** Modules whose weights are INT4, by name; their biases are among the float tensors. */
  readonly quantized: ReadonlyMap<string, PackedModule>;
  /** The head that a tied model's file holds beside the embedding, unused. */
  readonly spareHead: TensorEntry | null;
  readonly warnings: readonly string[];
}

const floatDtypes = new Map<SafetensorsDtype, FloatDtype>([
  ['F32', 'f32'],
  ['F16', 'f16'],
  ['BF16', 'bf16'],
]);

/** The stored dtype of a weight that `resolveTensors` has accepted. */
export function floatDtypeOf(entry: TensorEntry): FloatDtype {
  const dtype = floatDtypes.get(entry.dtype);
  assert(dtype, `${entry.name} is ${entry.dtype}`);
  return dtype;
}

function requireFloat(entry: TensorEntry, file: string): void {
  if (floatDtypes.has(entry.dtype)) return;
  const remedy = 'Save the model as F32, F16 or BF16, then open it again.';
  throw new PareError('dtype-unsupported', `${file}: ${entry.name} is stored as ${entry.dtype}.`, remedy);
}

/** Maps, completes and checks; `file` names the weights in errors. `packing`: how config.json says that INT4 ones are. */
export function resolveTensors(
  { config: stated, architecture }: DescribedModel,
  packing: Packing,
  store: TensorStore,
  file: string,
): ModelTensors {
  const found = canonicalTensors(store, architecture, file);
  const warnings: string[] = [];
  const config = settleTying(stated, found, warnings);
  const { embeddingName, headName } = outerNames(config);
  const spareHead = (config.tied && found.get(embeddingName) && found.get(headName)) || null;
  if (config.tied) keepEmbeddingOnly(config, found);
  const expected = expectedTensors(config);
  const quantized = takePacked(found, expected, config.names.blocks, packing, file);
  for (const module of quantized.keys()) expected.delete(`${module}.weight`);
  requireAll(expected, found, file);
  requireNoOthers(expected, found, file);
  const tensors = new Map<string, TensorEntry>();
  const transposed = new Set<string>();
  for (const [name, place] of expected) {
    const entry = found.get(name) as TensorEntry;
    requireShape(entry, place.transposed ? place.shape.toReversed() : place.shape, file);
    requireFloat(entry, file);
    tensors.set(name, entry);
    if (place.transposed) transposed.add(name);
  }
  if (spareHead) requireShape(spareHead, expected.get(embeddingName)?.shape ?? [], file);
  return { config, tensors, transposed, quantized, spareHead, warnings };
}

export const outerNames = ({ names }: ModelConfig) => ({
  embeddingName: `${names.embedding}.weight`,
  headName: `${names.head}.weight`,
});

function canonicalTensors(
  store: TensorStore,
  architecture: Architecture,
  file: string,
): Map<string, TensorEntry> {
  const found = new Map<string, TensorEntry>();
  for (const entry of store.entries.values()) {
    if (architecture.isIgnored(entry.name)) continue;
    const name = architecture.canonicalName(entry.name);
    const other = found.get(name);
    if (other) throw twice(other.name, entry.name, file);
    found.set(name, entry);
  }
  return found;
}

function twice(first: string, second: string, file: string): PareError {
  return new PareError(
    'tensors-unexpected',
    `${file}: ${first} and ${second} are names of the same tensor.`,
    'Leave one of them out: save the model again with transformers.',
    { unexpected: [first, second] },
  );
}

/** A file with only one of embedding and head is a tied model, whatever its config says. */
function settleTying(config: ModelConfig, found: Map<string, TensorEntry>, warnings: string[]): ModelConfig {
  const { embeddingName, headName } = outerNames(config);
  if (config.tied || found.has(embeddingName) === found.has(headName)) return config;
  const only = found.has(embeddingName) ? embeddingName : headName;
  warnings.push(
    `The weights hold only ${only}; it serves as embedding and as head, although config.json does not tie them.`,
  );
  return { ...config, tied: true };
}

function keepEmbeddingOnly(config: ModelConfig, found: Map<string, TensorEntry>): void {
  const { embeddingName, headName } = outerNames(config);
  const matrix = found.get(embeddingName) ?? found.get(headName);
  found.delete(headName);
  if (matrix) found.set(embeddingName, matrix);
}

function requireAll(
  expected: ReadonlyMap<string, unknown>,
  found: ReadonlyMap<string, unknown>,
  file: string,
): void {
  const missing = [...expected.keys()].filter((name) => !found.has(name));
  if (missing.length === 0) return;
  throw new PareError(
    'tensors-missing',
    `${file}: ${missing.length} of the ${expected.size} tensors that config.json asks for are missing: ${some(missing)}.`,
    'Check that config.json belongs to these weights, and that no file was left out.',
    { missing },
  );
}

function requireNoOthers(
  expected: ReadonlyMap<string, ExpectedTensor>,
  found: ReadonlyMap<string, TensorEntry>,
  file: string,
): void {
  const others = [...found].filter(([name]) => !expected.has(name)).map(([, entry]) => entry.name);
  if (others.length === 0) return;
  throw new PareError(
    'tensors-unexpected',
    `${file}: ${others.length} ${others.length === 1 ? 'tensor has' : 'tensors have'} no place in the model of config.json: ${some(others)}.`,
    'Check that config.json belongs to these weights (number of layers, attention_bias, mlp_bias).',
    { unexpected: others },
  );
}

function requireShape(entry: TensorEntry, expected: readonly number[], file: string): void {
  if (entry.shape.length === expected.length && entry.shape.every((extent, i) => extent === expected[i]))
    return;
  throw new PareError(
    'shape-mismatch',
    `${file}: ${entry.name} is [${entry.shape.join(', ')}], but config.json makes it [${expected.join(', ')}].`,
    'Check that config.json belongs to these weights.',
    { name: entry.name, found: entry.shape, expected },
  );
}

function some(names: readonly string[]): string {
  return names.slice(0, 4).join(', ') + (names.length > 4 ? `, … (${names.length - 4} more)` : '');
}
