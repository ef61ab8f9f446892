import type { Page } from '@playwright/test';
import type { ConsoleApi } from '../../src/state/console.ts';
import type { Demo } from '../protocol.ts';

declare global {
  interface Window {
    pare: ConsoleApi;
    longTasks: number[];
  }
}

const patience = 20 * 60_000;

/** Presses the buttons of the studio as a visitor would, with the recipe that is selected at first. */
export async function runDemo(page: Page, url: string): Promise<Demo> {
  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) =>
      window.longTasks.push(...list.getEntries().map(({ duration }) => duration)),
    ).observe({ type: 'longtask', buffered: true });
  });
  await page.goto(url);
  await page.getByRole('button', { name: 'Use the demo model' }).first().click();
  await page.waitForFunction(() => window.pare?.model() !== null, undefined, { timeout: 60_000 });
  await page.getByRole('button', { name: 'Use the demo data' }).first().click();
  await page.waitForFunction(() => window.pare.data() !== null, undefined, { timeout: 60_000 });
  await page.evaluate(() => void (window.longTasks.length = 0));
  await page.getByRole('button', { name: 'Run', exact: true }).first().click();
  const pressed = Date.now();
  const since = () => (Date.now() - pressed) / 1000;
  const firstPoint = (await happens(page, () => window.pare.session().points.length > 0)) ? since() : null;
  const finalFront = (await happens(page, () => window.pare.log().some(({ type }) => type === 'chosen')))
    ? since()
    : null;
  await happens(page, () => ['finished', 'failed', 'stopped'].includes(window.pare.session().status));
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
  return {
    firstPoint,
    finalFront,
    finished: status === 'finished' ? finished : null,
    points,
    status,
    stages: stages.map(({ stage, startedAt, updatedAt }) => ({
      stage,
      seconds: (updatedAt - startedAt) / 1000,
    })),
    longestTask: Math.max(0, ...tasks),
    blocked: tasks.reduce((sum, duration) => sum + duration, 0),
  };
}

const over = () => ['finished', 'failed', 'stopped'].includes(window.pare.session().status);

/** Waits until it does, or the run is over without. */
async function happens(page: Page, condition: () => boolean): Promise<boolean> {
  await page.waitForFunction(`(${String(condition)})() || (${String(over)})()`, undefined, {
    timeout: patience,
    polling: 200,
  });
  return page.evaluate(condition);
}
