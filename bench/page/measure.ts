import { openDevice } from '../../src/backends/webgpu/device.ts';
import { WebGpuBackend } from '../../src/backends/webgpu/webgpu.ts';
import type { BenchPage } from '../protocol.ts';
import { sections } from '../sections.ts';

async function open() {
  const device = await openDevice(navigator.gpu);
  const errors: string[] = [];
  device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message));
  return { device, backend: new WebGpuBackend(device), errors };
}

let opened: ReturnType<typeof open> | null = null;
const once = () => (opened ??= open());

/** Said by the host. */
const say = (line: string): void => console.info(line);

/** Measures in the thread that asks: of a page, or of a worker. */
export const here: BenchPage = {
  async facts() {
    const { adapter, features } = (await once()).backend.facts;
    return { adapter, features, userAgent: navigator.userAgent };
  },
  async measure(name, options) {
    const load = sections.find((section) => section.name === name)?.load;
    if (!load) throw new Error(`no section ${name}`);
    const { section } = await load();
    const { device, backend, errors } = await once();
    const rows = await section.measure({ ...options, device, backend, say });
    // A dispatch that the device refuses takes no time: such numbers must not be printed.
    if (errors.length > 0) throw new Error(errors[0]);
    return { title: section.title, rows };
  },
};
