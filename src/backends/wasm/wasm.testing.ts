import type * as NodeThreads from './node-threads.ts';
import { WasmBackend, type WasmOptions } from './wasm.ts';

let shared: Promise<WasmBackend> | undefined;

/** The WebAssembly backend under test: with three threads in Node, alone in a page, whose main thread may not wait. */
export function wasmBackend(): Promise<WasmBackend> {
  return (shared ??= threadsHere().then((options) => WasmBackend.open(options)));
}

async function threadsHere(): Promise<WasmOptions> {
  if ('document' in globalThis) return {};
  // Not a literal: a browser's bundle must not try to resolve it.
  const path = './node-threads.ts';
  const { startNodeThread } = (await import(/* @vite-ignore */ path)) as typeof NodeThreads;
  return { threads: 3, start: startNodeThread };
}
