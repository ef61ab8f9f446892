/** Which part of a command's work is this thread's. Every instance of the module has globals of its own. */

let thread: i32 = 0;
let threads: i32 = 1;
/** Where this thread keeps what it needs for one command. */
export let scratch: usize = 0;
/** The share that `take` found: items from `first` to before `end`. */
export let first: i32 = 0;
export let end: i32 = 0;

export function enter(index: i32, count: i32, memory: usize): void {
  thread = index;
  threads = count;
  scratch = memory;
}

/** Cuts `count` items into one span a thread, at multiples of `unit`. Which thread computes what changes no bits. */
export function take(count: i32, unit: i32): void {
  const units = (count + unit - 1) / unit;
  first = min(count, ((units * thread) / threads) * unit);
  end = min(count, ((units * (thread + 1)) / threads) * unit);
}

/** Whether this thread does what is too small to be shared. */
export function alone(): bool {
  return thread == 0;
}

export function threadCount(): i32 {
  return threads;
}
