import { continueStore } from './continuing.ts';
import { exportStore } from './exporting.ts';
import { modelStore } from './model.ts';
import { performanceStore } from './performanceStore.ts';
import { previewStore } from './preview.ts';
import { reproductionStore } from './reproduce.ts';
import { choosePoint, isRunning, runStore } from './run.ts';
import { scoreStore } from './scoreStore.ts';
import { inspect, sessionStore } from './session.ts';

/** The worker does one thing at a time with the device, and refuses all others: whatever asks for it waits its turn. */
export type DeviceUse = 'open' | 'run' | 'choose' | 'compare' | 'score' | 'measure' | 'answer' | 'export';

export const deviceUseText: Record<DeviceUse, string> = {
  open: 'A model is being opened.',
  run: 'A run uses the device.',
  choose: 'A sub-network is being measured.',
  compare: 'A session is being scored again.',
  score: 'The model is being scored.',
  measure: 'The device is being measured.',
  answer: 'The model is answering.',
  export: 'The model is being exported.',
};

/** What the device is used for now, from the press of a button to the worker's answer; null: nothing. */
export function deviceUse(): DeviceUse | null {
  const uses: [DeviceUse, boolean][] = [
    ['run', isRunning()],
    ['choose', runStore.getState().choosing !== null],
    ['compare', reproductionStore.getState().doing !== null],
    ['score', scoreStore.getState().progress !== null],
    ['measure', performanceStore.getState().progress !== null],
    ['answer', previewStore.getState().answering !== null],
    ['export', exportStore.getState().busy],
    ['open', modelStore.getState().loading !== null || continueStore.getState().opening],
  ];
  return uses.find(([, now]) => now)?.[0] ?? null;
}

/** Calls `listen` whenever it may have changed; gives back how to stop that. */
export function onDeviceUse(listen: () => void): () => void {
  const stops = [
    sessionStore.subscribe(listen),
    runStore.subscribe(listen),
    reproductionStore.subscribe(listen),
    scoreStore.subscribe(listen),
    performanceStore.subscribe(listen),
    previewStore.subscribe(listen),
    exportStore.subscribe(listen),
    modelStore.subscribe(listen),
    continueStore.subscribe(listen),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Chooses a point (`choosePoint`), or only looks at it while the device is used for something else. */
export async function chooseOrInspect(index: number): Promise<void> {
  if (deviceUse() === null) await choosePoint(index);
  else inspect(index);
}
