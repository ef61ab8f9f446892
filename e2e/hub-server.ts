import type { BrowserContext, Route } from '@playwright/test';
import { HubServer } from '../src/hub/hub-server.testing.ts';

/**
 * The page is as it ships, its Content-Security-Policy too: it asks huggingface.co, and only the network behind that is
 * ours. The browser does not let a test answer what a redirect leads to, so redirects are followed for it here
 * (privacy.spec.ts looks at the hosts that they lead to). `open: false`: there is no network.
 */
export async function startHub(context: BrowserContext) {
  const server = new HubServer();
  await server.start();
  const network = { open: true, asked: [] as string[] };
  await context.route('https://huggingface.co/**', async (route: Route) => {
    const address = route.request().url();
    network.asked.push(address);
    if (!network.open) return route.abort('internetdisconnected');
    const url = address.replace('https://huggingface.co', server.endpoint);
    // A connection that breaks, or is given up with the page, is a broken one for the page as well.
    const response = await route.fetch({ url }).catch(() => null);
    return response ? route.fulfill({ response }) : route.abort('failed').catch(() => undefined);
  });
  return { server, network };
}
