/** Every op, by the name that graph builders use. */
export { accumulate } from './accumulate.ts';
export { adamw, clipScale } from './adamw/op.ts';
export { add } from './add/op.ts';
export { attention } from './attention/op.ts';
export { crossEntropy } from './cross-entropy/op.ts';
export { dot } from './dot/op.ts';
export { dropout } from './dropout/op.ts';
export { embedding } from './embedding/op.ts';
export { gptqLoad, gptqSpread, gptqSweep, paddedRows } from './gptq/op.ts';
export { matmul, matmulInto } from './matmul/op.ts';
export { mergeWeight } from './merge-weight/op.ts';
export { quantizeRows } from './quantize/op.ts';
export { rmsNorm } from './rms-norm/op.ts';
export { rope } from './rope/op.ts';
export { gatherRows, readRows, writeRows } from './rows/op.ts';
export { pickRows } from './rows/pick.ts';
export { swiglu } from './swiglu/op.ts';
export { columnSquares, prune, type PruneAttributes } from './wanda/op.ts';
