import { openDevice } from '../../src/backends/webgpu/device.ts';
import { WebGpuBackend } from '../../src/backends/webgpu/webgpu.ts';
import type { BenchPage } from '../protocol.ts';
import { measureCeilings } from './ceilings.ts';
import { openDemo } from './demo-subject.ts';
import { measureInt4 } from './int4.ts';
import { openStories } from './stories-subject.ts';
import { measureSubject } from './subject.ts';

/** The page's API for the host: each call measures one section. */
async function open(): Promise<BenchPage> {
  const device = await openDevice(navigator.gpu);
  const errors: string[] = [];
  /** A dispatch that the device refuses takes no time: such numbers must not be printed. */
  const checked = async <T>(section: Promise<T>): Promise<T> => {
    const measured = await section;
    if (errors.length > 0) throw new Error(errors[0]);
    return measured;
  };
  const backend = new WebGpuBackend(device);
  device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message));
  const { adapter, features } = backend.facts;
  return {
    facts: { adapter, features, userAgent: navigator.userAgent },
    ceilings: ({ rounds }) => checked(measureCeilings(device, rounds)),
    demo: async (options) => checked(measureSubject(device, await openDemo(backend), options)),
    int4: ({ rounds }) => checked(measureInt4(backend, rounds)),
    stories: async (options) => checked(measureSubject(device, await openStories(backend), options)),
  };
}

window.bench = open();
