import type { Page } from '@playwright/test';
import type { ConsoleApi } from '../../src/state/console.ts';
import type { Row, Target } from '../protocol.ts';

declare global {
  interface Window {
    pare: ConsoleApi;
    longTasks: number[];
  }
}

const patience = 20 * 60_000;

/** Presses the buttons of the studio as a visitor would, with the recipe that is selected at first. */
export async function measureDemo(page: Page, url: string): Promise<{ title: string; rows: Row[] }> {
  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) =>
      window.longTasks.push(...list.getEntries().map(({ duration }) => duration)),
    ).observe({ type: 'longtask', buffered: true });
  });
  await page.goto(url);
  await page.getByRole('button', { name: 'Use the demo model' }).first().click();
  await happens(page, () => window.pare.model() !== null);
  await page.getByRole('button', { name: 'Use the demo data' }).first().click();
  await happens(page, () => window.pare.data() !== null);
  await page.evaluate(() => void (window.longTasks.length = 0));
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  const pressed = Date.now();
  const since = () => (Date.now() - pressed) / 1000;
  await happens(page, () => window.pare.session().points.length > 0);
  const firstPoint = since();
  await happens(page, () => window.pare.log().some(({ type }) => type === 'chosen'));
  const finalFront = since();
  await happens(page, over);
  const finished = since();
  const { status, points, stages, tasks } = await page.evaluate(() => {
    const session = window.pare.session();
    return {
      status: session.error?.message ?? session.status,
      points: session.points.length,
      stages: session.stages,
      tasks: window.longTasks,
    };
  });
  if (status !== 'finished') throw new Error(`the demo ended as: ${status}`);
  return {
    title: 'The demo in the studio, from pressing Run',
    rows: [
      row('first point', 's', firstPoint),
      row('final front', 's', finalFront, { sense: 'at most', value: 60 }),
      row('Finished', 's', finished),
      row('points', '', points),
      ...stages.map(({ stage, startedAt, updatedAt }) =>
        row(`stage ${stage}`, 's', (updatedAt - startedAt) / 1000),
      ),
      row('longest task of the main thread', 'ms', Math.max(0, ...tasks)),
      row(
        'main thread in tasks above 50 ms',
        'ms',
        tasks.reduce((sum, duration) => sum + duration, 0),
      ),
    ],
  };
}

function row(label: string, unit: string, value: number, target?: Target): Row {
  return { label, unit, value: { median: value, low: value, high: value }, ...(target ? { target } : {}) };
}

const over = (): boolean => ['finished', 'failed', 'stopped'].includes(window.pare.session().status);

/** Waits until it does, or the run is over without. The page's own policy forbids what `waitForFunction` does. */
async function happens(page: Page, condition: () => boolean): Promise<boolean> {
  const until = Date.now() + patience;
  while (Date.now() < until) {
    if (await page.evaluate(condition)) return true;
    if (await page.evaluate(over)) return page.evaluate(condition);
    await new Promise((resolve) => void setTimeout(resolve, 200));
  }
  throw new Error(`the demo took more than ${patience / 60_000} minutes`);
}
