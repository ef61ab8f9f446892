import { createStore } from 'zustand/vanilla';
import type { DeviceInfo } from '../session/events.ts';
import type { StudioClient } from '../workers/studio.protocol.ts';
import { checkAskedDevice, deviceWish } from './wish.ts';
import { notify, reportError } from './notices.ts';

type EngineFactory = (onCrash: (error: Error) => void) => StudioClient;

/** The device that the worker took. Nothing is started before somebody needs it: a shared link needs no engine. */
export const deviceStore = createStore<{
  status: 'idle' | 'starting' | 'ready';
  device: DeviceInfo | null;
  /** How often an engine has died on this page, with all that it held. */
  crashes: number;
}>(() => ({ status: 'idle', device: null, crashes: 0 }));

let factory: EngineFactory | null = null;
let running: Promise<StudioClient> | null = null;

export function provideEngine(make: EngineFactory): void {
  factory = make;
  running = null;
  deviceStore.setState({ status: 'idle', device: null });
  checkAskedDevice();
}

/** The client, its workers started on first use. A start that failed is tried again by the next call. */
export function engine(): Promise<StudioClient> {
  running ??= start().catch((error: unknown) => {
    running = null;
    deviceStore.setState({ status: 'idle', device: null });
    throw error;
  });
  return running;
}

/** The client where there is one, without starting it. */
export async function engineIfStarted(): Promise<StudioClient | null> {
  return deviceStore.getState().status === 'ready' ? ((await running) ?? null) : null;
}

async function start(): Promise<StudioClient> {
  if (!factory) throw new Error('provideEngine was not called');
  deviceStore.setState({ status: 'starting' });
  const client = factory((error) => {
    reportError(error);
    client.dispose();
    running = null;
    deviceStore.setState(({ crashes }) => ({ status: 'idle', device: null, crashes: crashes + 1 }));
  });
  const { notice, ...device } = await client.start(deviceWish());
  deviceStore.setState({ status: 'ready', device });
  if (notice) notify('device', notice, 'Another device can be chosen at the top of the page.');
  return client;
}
