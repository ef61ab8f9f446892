import { createStore } from 'zustand/vanilla';
import { deviceWishes, type DeviceWish } from '../backends/wish.ts';
import { notify } from './notices.ts';

const key = 'pare-device';

/** On which device to compute: `?device=` of the address, else what was chosen on this browser, else automatically. */
export const wishStore = createStore<{ wish: DeviceWish }>(() => ({
  wish: asked() ?? remembered() ?? 'auto',
}));

export const deviceWish = (): DeviceWish => wishStore.getState().wish;

/** For the engine that is started next: what this one holds would be lost with it. */
export function wishDevice(wish: DeviceWish): void {
  wishStore.setState({ wish });
  try {
    globalThis.localStorage?.setItem(key, wish);
  } catch {
    // Denied: nothing to remember it with.
  }
  const [what, parameter] = [names[wish], new URLSearchParams(globalThis.location?.search).get('device')];
  const remedy = parameter
    ? `Take ?device=${parameter} out of the address and load it again.`
    : 'Reload the page to use it now.';
  notify('device-wish', `From the next load on, this page computes on ${what}.`, remedy);
}

const names: Record<DeviceWish, string> = {
  auto: 'whatever device is fastest here',
  webgpu: 'WebGPU',
  cpu: 'the CPU',
};

function asked(): DeviceWish | null {
  return wishIn(new URLSearchParams(globalThis.location?.search).get('device'));
}

function remembered(): DeviceWish | null {
  try {
    return wishIn(globalThis.localStorage?.getItem(key) ?? null);
  } catch {
    return null;
  }
}

function wishIn(text: string | null): DeviceWish | null {
  return deviceWishes.find((wish) => wish === text) ?? null;
}
