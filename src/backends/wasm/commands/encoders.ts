import { attentionBackwardCommand, attentionCommand } from './attention.ts';
import type { Encoder } from './command.ts';
import * as elementwise from './elementwise.ts';
import { crossEntropyBackwardCommand, crossEntropyCommand, dotCommand } from './losses.ts';
import { matmulCommand } from './matmul.ts';
import * as norms from './norms.ts';
import { adamwCommand, clipScaleCommand } from './optimizer.ts';
import * as rows from './rows.ts';

/** Ops that have a kernel in wasm/, by name. All others run their reference functions on the same memory. */
export const encoders: ReadonlyMap<string, Encoder> = new Map([
  ['matmul', matmulCommand],
  ['matmul-into', matmulCommand],
  ['attention', attentionCommand],
  ['attention-backward', attentionBackwardCommand],
  ['rms-norm', norms.rmsNormCommand],
  ['rms-norm-backward', norms.rmsNormBackwardCommand],
  ['layer-norm', norms.layerNormCommand],
  ['layer-norm-backward', norms.layerNormBackwardCommand],
  ['add', elementwise.addCommand],
  ['scaled', elementwise.scaledCommand],
  ['softcap', elementwise.softcapCommand],
  ['softcap-backward', elementwise.softcapBackwardCommand],
  ['activate', elementwise.activateCommand],
  ['activate-backward', elementwise.activateBackwardCommand],
  ['gated', elementwise.gatedCommand],
  ['gated-backward', elementwise.gatedBackwardCommand],
  ['dropout', elementwise.dropoutCommand],
  ['embedding', rows.embeddingCommand],
  ['gather-rows', rows.gatherRowsCommand],
  ['pick-rows', rows.gatherRowsCommand],
  ['scatter-rows', rows.scatterRowsCommand],
  ['add-positions', rows.addPositionsCommand],
  ['rope', rows.ropeCommand],
  ['write-rows', rows.writeRowsCommand],
  ['cross-entropy', crossEntropyCommand],
  ['cross-entropy-backward', crossEntropyBackwardCommand],
  ['dot', dotCommand],
  ['adamw', adamwCommand],
  ['clip-scale', clipScaleCommand],
]);
