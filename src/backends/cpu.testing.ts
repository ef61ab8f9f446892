import { WasmBackend } from './wasm/wasm.ts';

/**
 * The CPU as users have it, on one thread, for tests of what runs on it: several times as fast as the reference, whose
 * own tests, and those of kernels, open that.
 */
export const cpu = await WasmBackend.open();
