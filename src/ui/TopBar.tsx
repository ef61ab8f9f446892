import { useLayoutEffect } from 'react';
import { useStore } from 'zustand';
import { deviceStore } from '../state/engine.ts';
import { setTheme, themeStore } from '../state/theme.ts';
import type { Theme } from '../state/theme.ts';
import { sayFromNextLoad, wishDevice, wishStore } from '../state/wish.ts';
import type { DeviceWish } from '../backends/wish.ts';
import { LibraryButton } from './panels/LibraryButton.tsx';

export function TopBar() {
  return (
    <header className="top-bar">
      <Mark />
      <h1>Pare</h1>
      <p className="tagline">Make a language model smaller. Nothing leaves this machine.</p>
      <div className="top-aside">
        <LibraryButton />
        <Device />
        <ThemeSwitch />
      </div>
    </header>
  );
}

function Mark() {
  return (
    <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
      <path className="stem" d="M16 6.5c.2-2 1.200-3.400 3-4.200" />
      <path
        className="body"
        d="M16 6c3 0 4.400 2.300 4.800 5 .4 2.600 2 3.600 3.400 5.600 1.200 1.700 1.800 3.500 1.800 5.200 0 5-4.300 8.200-10 8.200s-10-3.200-10-8.200c0-1.700.6-3.500 1.800-5.200 1.400-2 3-3 3.400-5.600.4-2.700 1.800-5 4.800-5Z"
      />
      <path
        className="peel"
        d="M11.300 13.500c4 2.300 7.800 1.600 10.300-.6M8.500 18.800c5.600 3.200 12.200 2.400 15.900-1.200M8.200 24.200c4.800 2.900 12.600 2.600 16.800-1.700"
      />
    </svg>
  );
}

/** Without the revision, which is for logs. */
const plainKernels = (kernels = '') => kernels.replace(/^kernels \d+; /, '');

function Device() {
  const { status, device } = useStore(deviceStore);
  return (
    <span className="device" title="Where the model is computed">
      {device ? (
        <>
          <span className={`lamp ${device.backend}`} aria-hidden="true" />
          {device.backend === 'webgpu' ? 'WebGPU' : 'CPU'}{' '}
          <span className="soft">
            {device.backend === 'webgpu' ? device.adapter : plainKernels(device.kernels)}
          </span>
        </>
      ) : (
        <span className="soft">{status === 'starting' ? 'starting the engine…' : 'once a model opens'}</span>
      )}
      <DeviceSwitch />
    </span>
  );
}

/** Takes effect when the engine starts, with the first model or data: it cannot change its device under a model. */
function DeviceSwitch() {
  const wish = useStore(wishStore, (state) => state.wish);
  return (
    <select
      aria-label="Device"
      value={wish}
      title="The engine takes its device when the first model or data is opened."
      onChange={(event) => {
        wishDevice(event.target.value as DeviceWish);
        if (deviceStore.getState().status !== 'idle') sayFromNextLoad();
      }}
    >
      <option value="auto">automatic</option>
      <option value="webgpu">WebGPU</option>
      <option value="cpu">CPU</option>
    </select>
  );
}

const nextTheme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const themeSign: Record<Theme, string> = { system: '◐', light: '○', dark: '●' };

function ThemeSwitch() {
  const theme = useStore(themeStore, (state) => state.theme);
  // Before anything is painted in the colours of the other one.
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return (
    <button
      type="button"
      className="icon"
      aria-label={`Theme: ${theme}`}
      title={`Theme: ${theme}`}
      onClick={() => setTheme(nextTheme[theme])}
    >
      {themeSign[theme]}
    </button>
  );
}
