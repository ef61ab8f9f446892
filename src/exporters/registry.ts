import { compressed } from './compressed-tensors.ts';
import { exportFormats, type Exporter, type ExportFormat } from './exporter.ts';
import { gguf } from './gguf.ts';
import { gptq } from './gptq.ts';
import { huggingFace } from './hf.ts';
import { onnx } from './onnx/exporter.ts';
import { peft } from './peft.ts';

const known: readonly Exporter[] = [huggingFace, peft, gptq, compressed, onnx, gguf];

/** Every exporter, in the order that formats are offered in. */
export const exporters: readonly Exporter[] = exportFormats.flatMap(
  (format) => known.find((exporter) => exporter.format === format) ?? [],
);

export function exporterOf(format: ExportFormat): Exporter {
  return exporters.find((exporter) => exporter.format === format)!;
}
