import type { StoredInt4 } from '../../formats/model-folder.ts';
import { unpackBlocks, unpackGrid } from '../../formats/onnx-nbits.ts';
import { readOnnx, type OnnxContent, type OnnxEntry, type OnnxNodeEntry } from '../../formats/onnx-read.ts';
import type { FileSource } from '../../formats/source.ts';
import { assert, PareError } from '../../lib/assert.ts';
import { fromFloat32, toFloat32 } from '../../lib/half.ts';
import { turned } from '../folder-files.ts';
import { onnxNames } from './weights.ts';

export interface ReadFloats {
  /** Linear weights are [out, in]. */
  readonly shape: readonly number[];
  read(): Promise<Float32Array<ArrayBuffer>>;
}

export interface ReadInt4 extends Pick<StoredInt4, 'shape' | 'groups'> {
  /** Inputs that share a scale in the file: of the groups that the model was quantized in, or a part of them. */
  readonly group: number;
  read(): Promise<StoredInt4>;
}

/** The weights of an exported folder, under the names that they have in the model. */
export interface ReadWeights {
  readonly floats: ReadonlyMap<string, ReadFloats>;
  readonly int4: ReadonlyMap<string, ReadInt4>;
}

/**
 * Reads the weights of an exported folder back. That proves that floats and codes are in the file as they were trained,
 * in the layout that the graph reads them in. It does not run the graph: that it computes the model is proved in the tests,
 * where ONNX Runtime gives the logits of Pare (e2e/clients).
 */
export async function readBack(files: readonly FileSource[]): Promise<ReadWeights> {
  const model = files.find(({ name }) => name.endsWith('.onnx'));
  if (!model) {
    const remedy = 'Open the folder as it was exported.';
    throw new PareError('onnx-missing', 'There is no .onnx file among those exported.', remedy);
  }
  const content = await readOnnx(model, files);
  return { floats: floatsOf(content, model.path), int4: int4Of(content, model.path) };
}

function floatsOf({ tensors }: OnnxContent, file: string): Map<string, ReadFloats> {
  const floats = new Map<string, ReadFloats>();
  const suffix = onnxNames.transposed('');
  for (const [name, entry] of tensors) {
    if (entry.type !== 'f32' && entry.type !== 'f16') continue;
    if (name.endsWith(suffix)) floats.set(`${name.slice(0, -suffix.length)}.weight`, turnedBack(entry, file));
    else floats.set(name, { shape: entry.shape, read: () => values(entry) });
  }
  return floats;
}

function turnedBack(entry: OnnxEntry, file: string): ReadFloats {
  if (entry.shape.length !== 2)
    throw damaged(file, `${entry.name} is [${entry.shape.join(', ')}], no matrix`);
  const [inputs, out] = entry.shape as [number, number];
  return {
    shape: [out, inputs],
    read: async () => toFloat32(turned(fromFloat32(await values(entry), 'f32'), inputs, out, 'f32'), 'f32'),
  };
}

async function values({ type, read }: Pick<OnnxEntry, 'type' | 'read'>): Promise<Float32Array<ArrayBuffer>> {
  assert(type === 'f32' || type === 'f16', `${type} is no float`);
  return toFloat32(await read(), type);
}

function int4Of({ nodes, tensors }: OnnxContent, file: string): Map<string, ReadInt4> {
  const modules = nodes
    .filter(({ op }) => op === 'MatMulNBits')
    .map((node) => int4Module(node, tensors, file));
  return new Map(modules);
}

function int4Module(
  node: OnnxNodeEntry,
  tensors: ReadonlyMap<string, OnnxEntry>,
  file: string,
): [string, ReadInt4] {
  const [, codes, scales, zeros] = node.inputs.map((name) => tensors.get(name));
  const [inputs, out, block] = ['K', 'N', 'block_size'].map((key) => node.integers.get(key) ?? 0);
  const blocks = Math.ceil(inputs! / block!);
  const expected = [
    [codes, [out!, blocks, block! / 2], ['u8']],
    [scales, [out!, blocks], ['f32', 'f16']],
    ...(zeros ? [[zeros, [out!, Math.ceil(blocks / 2)], ['u8']] as const] : []),
  ] as const;
  for (const [entry, shape, types] of expected) {
    if (entry?.shape.join() === shape.join() && types.some((type) => type === entry.type)) continue;
    throw damaged(
      file,
      `the tensors of ${node.inputs[1]} are not those of MatMulNBits with K ${inputs}, N ${out}, block_size ${block}`,
    );
  }
  const nbits = { block: block!, blocks };
  const shape = [out!, inputs!] as const;
  const read = async (): Promise<StoredInt4> => {
    const packed = { codes: await codes!.read(), zeros: zeros ? await zeros.read() : null };
    return {
      shape,
      group: block!,
      groups: blocks,
      codes: unpackBlocks(packed.codes, out!, inputs!, nbits),
      grid: unpackGrid(await values(scales!), packed.zeros, out!, nbits),
    };
  };
  const module = codes!.name.slice(0, -onnxNames.codes('').length);
  return [module, { shape, group: block!, groups: blocks, read }];
}

function damaged(file: string, problem: string): PareError {
  return new PareError('onnx-invalid', `${file}: ${problem}.`, 'The file is damaged. Write it again.');
}
