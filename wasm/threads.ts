/** What threads tell each other, in memory that they share. src/backends/wasm/pool.ts makes it, all zeros at first. */
@unmanaged
export class Board {
  /** Of the run that is under way: 256 times its number, and its threads (helpers and the one that asked for it). */
  run: i32;
  /** Threads that help. */
  joined: i32;
  begin: usize;
  end: usize;
  /** Threads that have done their share of a command, and how many commands were done by all. */
  arrived: i32;
  rounds: i32;
  /** Scratch memory: so many bytes a thread. */
  scratch: usize;
  scratchBytes: usize;
  /** Threads that sleep, of which someone must wake them. */
  sleepers: i32;
  /** Set where a helper died: nobody waits for it then. */
  failed: i32;
}

/** Sleeps while the word at `address` is `old`, and wakes all who sleep for it: src/backends/wasm/module.ts. */
// @ts-ignore: decorator
@external('env', 'sleep')
declare function sleep(address: usize, old: i32): void;

// @ts-ignore: decorator
@external('env', 'wake')
declare function rouse(address: usize): void;

/** Looks at a number so often before a thread lies down to sleep: some 20 µs, more than it takes to be woken. */
const PATIENCE: i32 = 4000;

/** Waits until the number at `address` is no longer `old`. */
function awaitChange(board: Board, address: usize, old: i32): i32 {
  for (let i = 0; i < PATIENCE; i++) {
    const now = atomic.load<i32>(address);
    if (now != old) return now;
  }
  const sleepers = changetype<usize>(board) + offsetof<Board>('sleepers');
  atomic.add<i32>(sleepers, 1);
  while (atomic.load<i32>(address) == old) {
    if (atomic.load<i32>(changetype<usize>(board) + offsetof<Board>('failed'))) unreachable();
    sleep(address, old);
  }
  atomic.sub<i32>(sleepers, 1);
  return atomic.load<i32>(address);
}

function wake(board: Board, address: usize): void {
  if (atomic.load<i32>(changetype<usize>(board) + offsetof<Board>('sleepers')) > 0) rouse(address);
}

/** Gives the number of threads that work on it. */
export function announce(board: Board, begin: usize, end: usize): i32 {
  const base = changetype<usize>(board);
  const threads = 1 + atomic.load<i32>(base + offsetof<Board>('joined'));
  if (threads == 1) return 1;
  board.begin = begin;
  board.end = end;
  const run = base + offsetof<Board>('run');
  // One word, so that who joins meanwhile knows whether it is of this run.
  atomic.store<i32>(run, (((atomic.load<i32>(run) >> 8) + 1) << 8) | threads);
  wake(board, run);
  return threads;
}

export function nextRun(board: Board, seen: i32): i32 {
  return awaitChange(board, changetype<usize>(board) + offsetof<Board>('run'), seen);
}

/** A helper's number, from 1. */
export function join(board: Board): i32 {
  return atomic.add<i32>(changetype<usize>(board) + offsetof<Board>('joined'), 1) + 1;
}

/** Waits until all threads have done their share of the command. */
export function arrive(board: Board, threads: i32): void {
  const base = changetype<usize>(board);
  const rounds = base + offsetof<Board>('rounds');
  const round = atomic.load<i32>(rounds);
  if (atomic.add<i32>(base + offsetof<Board>('arrived'), 1) == threads - 1) {
    atomic.store<i32>(base + offsetof<Board>('arrived'), 0);
    atomic.store<i32>(rounds, round + 1);
    wake(board, rounds);
  } else awaitChange(board, rounds, round);
}
