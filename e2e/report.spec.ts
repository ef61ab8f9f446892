import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test, type Page } from '@playwright/test';
import { percent } from '../src/session/format.ts';
import { encodeLink } from '../src/session/link.ts';
import { logFixture } from '../src/session/session.testing.ts';
import { schemes, sizes, violations } from './looking.ts';
import { button, region } from './studio.ts';
import { markup, withMarkup } from './subversive.ts';

/** Opens a session by its link, saves its report, and opens that as a person does with a file that they were sent. */
async function openReport(
  page: Page,
  log = logFixture({ evaluations: 60, seed: 4, eventful: true }),
): Promise<string> {
  await page.goto(`./${encodeLink(log).fragment}`);
  await expect(region(page, 'Results')).toContainText('LoNAS best');
  const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Save report').click()]);
  expect(download.suggestedFilename()).toMatch(/^[\w.-]+-report\.html$/);
  const path = test.info().outputPath('report.html');
  await download.saveAs(path);
  return path;
}

test('a report is one file without scripts, and says what the page says', async ({ page, context }) => {
  const path = await openReport(page);
  const view = await page.evaluate(() => window.pare.session());
  const address = page.url();
  const report = await context.newPage();
  const requests: string[] = [];
  report.on('request', (request) => requests.push(request.url()));
  await report.goto(pathToFileURL(path).href);
  expect(requests).toEqual([pathToFileURL(path).href]);
  await expect(report.locator('script')).toHaveCount(0);
  const policy = report.locator('meta[http-equiv="Content-Security-Policy"]');
  await expect(policy).toHaveAttribute(
    'content',
    /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'$/,
  );

  const results = report.getByRole('table', { name: 'Results', exact: true }).locator('tbody tr');
  await expect(results).toHaveCount(view.results.length);
  for (const { label, score } of view.results)
    await expect(results.filter({ hasText: label })).toContainText(percent(score));
  await report.getByText('Pareto front data', { exact: true }).click();
  const points = report.getByRole('table', { name: 'Pareto front data' }).locator('tbody tr');
  await expect(points).toHaveCount(view.points.length);
  const written = await points.evaluateAll((rows) =>
    rows.map((row) => [...row.children].slice(1, 3).map((cell) => cell.textContent)),
  );
  expect(written).toEqual(
    view.points.map(({ macs, score }) => [macs.toLocaleString('en-US'), percent(score)]),
  );
  await expect(report.getByRole('link', { name: 'this session in Pare' })).toHaveAttribute('href', address);

  for (const [size, viewport] of Object.entries(sizes)) {
    await report.setViewportSize(viewport);
    for (const colorScheme of schemes) {
      await report.emulateMedia({ colorScheme });
      const name = `report-${size}-${colorScheme}`;
      const picture = test.info().outputPath(`${name}.png`);
      await report.screenshot({ path: picture, fullPage: true });
      await test.info().attach(name, { path: picture, contentType: 'image/png' });
      expect.soft(await violations(report), name).toEqual([]);
      expect
        .soft(await report.evaluate(() => document.documentElement.scrollWidth))
        .toBeLessThanOrEqual(viewport.width);
    }
  }
});

test('HTML in the names of a session is text in its report', async ({ page, context }) => {
  const path = await openReport(page, withMarkup(logFixture({ evaluations: 20, seed: 4, eventful: true })));
  expect(readFileSync(path, 'utf8')).not.toContain('<img');
  const report = await context.newPage();
  await report.goto(pathToFileURL(path).href);
  await expect(report.getByRole('heading', { level: 1 })).toContainText(`pare-demo${markup}`);
  await expect(report.getByRole('table', { name: 'Results', exact: true })).toContainText(`LoRA${markup}`);
  await expect(report.locator('img, script')).toHaveCount(0);
  expect(await report.evaluate(() => 'hacked' in window)).toBe(false);
});
