import { holdsGguf, openGgufModel } from '../formats/gguf-model.ts';
import { openModelFolder } from '../formats/huggingface.ts';
import type { ModelFolder } from '../formats/model-folder.ts';
import type { FileSource } from '../formats/source.ts';
import { architectures } from './architectures/index.ts';

/** Opens a model in whatever form it was dropped. Every problem is a PareError that names file and field. */
export function openModel(files: readonly FileSource[]): Promise<ModelFolder> {
  return holdsGguf(files) ? openGgufModel(files, architectures) : openModelFolder(files, architectures);
}
