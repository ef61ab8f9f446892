import { Attention, attention, attentionBackward } from './attention';
import {
  Dropout,
  Elementwise,
  activate,
  activateBackward,
  add,
  dropout,
  gated,
  gatedBackward,
  scaled,
  softcap,
  softcapBackward,
} from './elementwise';
import { CrossEntropy, Dot, crossEntropy, crossEntropyBackward, dot } from './losses';
import { Matmul, matmul } from './matmul';
import { Norm, layerNorm, layerNormBackward, rmsNorm, rmsNormBackward } from './norms';
import { AdamW, ClipScale, adamw, clipScale } from './optimizer';
import { Placed, Rows, addPositions, embedding, gatherRows, rope, scatterRows, writeRows } from './rows';
import * as share from './share';
import { Board, announce, arrive, join, nextRun } from './threads';

/** What every command begins with: which kernel, and its bytes. */
@unmanaged
class Command {
  op: i32;
  size: i32;
}

/** The numbers are those of src/backends/wasm/commands/op.ts. */
function perform(op: i32, at: usize): void {
  switch (op) {
    case 0:
      return matmul(changetype<Matmul>(at));
    case 1:
      return attention(changetype<Attention>(at));
    case 2:
      return attentionBackward(changetype<Attention>(at));
    case 3:
      return rmsNorm(changetype<Norm>(at));
    case 4:
      return rmsNormBackward(changetype<Norm>(at));
    case 5:
      return layerNorm(changetype<Norm>(at));
    case 6:
      return layerNormBackward(changetype<Norm>(at));
    case 7:
      return add(changetype<Elementwise>(at));
    case 8:
      return scaled(changetype<Elementwise>(at));
    case 9:
      return softcap(changetype<Elementwise>(at));
    case 10:
      return softcapBackward(changetype<Elementwise>(at));
    case 11:
      return activate(changetype<Elementwise>(at));
    case 12:
      return activateBackward(changetype<Elementwise>(at));
    case 13:
      return gated(changetype<Elementwise>(at));
    case 14:
      return gatedBackward(changetype<Elementwise>(at));
    case 15:
      return dropout(changetype<Dropout>(at));
    case 16:
      return embedding(changetype<Rows>(at));
    case 17:
      return gatherRows(changetype<Rows>(at));
    case 18:
      return scatterRows(changetype<Rows>(at));
    case 19:
      return addPositions(changetype<Placed>(at));
    case 20:
      return rope(changetype<Placed>(at));
    case 21:
      return writeRows(changetype<Placed>(at));
    case 22:
      return crossEntropy(changetype<CrossEntropy>(at));
    case 23:
      return crossEntropyBackward(changetype<CrossEntropy>(at));
    case 24:
      return dot(changetype<Dot>(at));
    case 25:
      return adamw(changetype<AdamW>(at));
    case 26:
      return clipScale(changetype<ClipScale>(at));
    default:
      unreachable();
  }
}

/** This thread's share of the commands from `begin` to `end`; all threads are done with one before any begins the next. */
function work(board: Board, begin: usize, end: usize, thread: i32, threads: i32): void {
  share.enter(thread, threads, board.scratch + (thread as usize) * board.scratchBytes);
  for (let at = begin; at < end;) {
    const command = changetype<Command>(at);
    // Read before the last thread arrives: from then on who asked may free the commands, and write others there.
    const next = at + (command.size as usize);
    perform(command.op, at);
    if (threads > 1) arrive(board, threads);
    at = next;
  }
}

/** Runs the commands from `begin` to `end`, with the help of the threads that have joined so far. */
export function run(board: usize, begin: usize, end: usize): void {
  const b = changetype<Board>(board);
  work(b, begin, end, 0, announce(b, begin, end));
}

/** What a helping thread does, for ever. */
export function serve(board: usize): void {
  const b = changetype<Board>(board);
  const thread = join(b);
  for (let seen = 0; ;) {
    seen = nextRun(b, seen);
    const threads = seen & 255;
    if (thread < threads) work(b, b.begin, b.end, thread, threads);
  }
}
