import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { z } from 'zod';
import { keepAddress } from './state/address.ts';
import { consoleApi } from './state/console.ts';
import type { ConsoleApi } from './state/console.ts';
import { watchForCrashes } from './state/drive.ts';
import { provideEngine } from './state/engine.ts';
import { keepEstimating } from './state/estimate.ts';
import { provideHub } from './state/hub.ts';
import { keepLibrary, provideLibrary } from './state/library.ts';
import { providePlatform } from './state/platform.ts';
import { keepScoreCurrent } from './state/score.ts';
import { openLink } from './state/share.ts';
import { keepLookingUp, lookUp } from './state/shownEntry.ts';
import { App } from './ui/App.tsx';
import { browserLibrary, browserPlatform } from './ui/browserPlatform.ts';
import { listenForUndo } from './ui/undoKeys.ts';
import { createHubClient } from './workers/hub.client.ts';
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
provideLibrary(browserLibrary);
provideHub(createHubClient);
watchForCrashes();
keepEstimating();
keepScoreCurrent();
keepAddress();
keepLibrary();
keepLookingUp();
listenForUndo();
window.pare = consoleApi;
window.addEventListener('hashchange', () => openLink(location.hash));
// Another tab may have ended its run, or deleted the session that is shown here.
window.addEventListener('focus', () => void lookUp());
openLink(location.hash);

const root = document.querySelector('#root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
