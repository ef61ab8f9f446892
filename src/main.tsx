import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { z } from 'zod';
import { consoleApi } from './state/console.ts';
import type { ConsoleApi } from './state/console.ts';
import { provideEngine } from './state/engine.ts';
import { keepEstimating } from './state/estimate.ts';
import { providePlatform } from './state/platform.ts';
import { openLink } from './state/share.ts';
import { App } from './ui/App.tsx';
import { browserPlatform } from './ui/browserPlatform.ts';
import { createStudioClient } from './workers/studio.client.ts';

declare global {
  interface Window {
    /** The studio's actions for scripts and the DevTools console; docs/console.md. */
    pare: ConsoleApi;
  }
}

// The page's Content-Security-Policy forbids `new Function`; zod would try it, and be reported for it.
z.config({ jitless: true });

providePlatform(browserPlatform);
provideEngine(createStudioClient);
keepEstimating();
window.pare = consoleApi;
window.addEventListener('hashchange', () => openLink(location.hash));
openLink(location.hash);

const root = document.querySelector('#root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
