import { createStore } from 'zustand/vanilla';
import { deviceWishes, type DeviceWish } from '../backends/wish.ts';
import { notify } from './notices.ts';

const key = 'pare-device';

/** On which device to compute: `?device=` of the address, else what was chosen on this browser, else automatically. */
export const wishStore = createStore<{ wish: DeviceWish }>(() => ({
  wish: asked() ?? remembered() ?? 'auto',
}));

export const deviceWish = (): DeviceWish => wishStore.getState().wish;

/** For the engine that is started next: what one that has started holds would be lost with it. */
export function wishDevice(wish: DeviceWish): void {
  wishStore.setState({ wish });
  try {
    globalThis.localStorage?.setItem(key, wish);
  } catch {
    // Denied: nothing to remember it with.
  }
}

/** Says so where the engine has its device already. */
export function sayFromNextLoad(): void {
  const message = `From the next load on, this page computes on ${names[deviceWish()]}.`;
  const action = { label: 'Reload', act: reloadUnasked };
  notify('device-wish', message, 'What is open here has to be opened again then.', action);
}

/** An address that asks for a device that there is not. */
export function checkAskedDevice(): void {
  const text = parameter();
  if (text === null || wishIn(text)) return;
  const message = `There is no device “${text.slice(0, 20)}” as the address asks (?device=).`;
  notify('device-unknown', message, `It can ask for ${deviceWishes.join(', ')}.`);
}

/** Without `?device=`, which would count for more than what was chosen. */
function reloadUnasked(): void {
  const { location } = globalThis;
  if (parameter() === null) return location.reload();
  const address = new URL(location.href);
  address.searchParams.delete('device');
  location.replace(address);
}

const names: Record<DeviceWish, string> = {
  auto: 'whatever device is fastest here',
  webgpu: 'WebGPU',
  cpu: 'the CPU',
};

function parameter(): string | null {
  return new URLSearchParams(globalThis.location?.search).get('device');
}

function asked(): DeviceWish | null {
  return wishIn(parameter());
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
