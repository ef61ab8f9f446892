import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';

/** How a state of the page is looked at: at both sizes and in both schemes, by axe, by measuring, and as a picture. */
export const sizes = {
  desk: { width: 1440, height: 900 },
  phone: { width: 390, height: 844 },
} as const;
export const schemes = ['light', 'dark'] as const;

/**
 * Looks at what is only there while the engine works. Meanwhile the engine stands still, since it would go on to
 * something else and take the processor: its worker waits for an answer that comes when all has been looked at.
 */
export async function lookAtWork(page: Page, state: string): Promise<void> {
  const worker = page.workers().find((each) => each.url().includes('studio.worker'));
  if (!worker) throw new Error('there is no studio worker');
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const address = new URL('held', page.url()).href;
  let hold = () => {};
  const held = new Promise<void>((resolve) => (hold = resolve));
  await page.context().route(address, async (route) => {
    hold();
    await released;
    await route.fulfill({ body: '' });
  });
  const waiting = worker.evaluate((url) => {
    const request = new XMLHttpRequest();
    request.open('GET', url, false);
    request.send();
  }, address);
  await held;
  await look(page, state);
  release();
  await waiting;
  await page.context().unroute(address);
}

/** Everything that is wrong with how the page looks now is in the failure; the pictures are attached to the test. */
export async function look(page: Page, state: string): Promise<void> {
  const before = page.viewportSize() ?? sizes.desk;
  for (const size of ['desk', 'phone'] as const) {
    await page.setViewportSize(sizes[size]);
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await settled(page);
      const name = `${state}-${size}-${colorScheme}`;
      const path = test.info().outputPath(`${name}.png`);
      await page.screenshot({ path, fullPage: size === 'phone' });
      await test.info().attach(name, { path, contentType: 'image/png' });
      // The schemes differ in their colours only; and a phone has the colours of a desk, but for the way about its page.
      const within = size === 'phone' ? '.sections' : undefined;
      expect.soft(await violations(page, ['color-contrast'], within), `contrast: ${name}`).toEqual([]);
      if (colorScheme === 'dark') continue;
      expect.soft(await violations(page, 'all but colours'), `axe: ${name}`).toEqual([]);
      expect.soft(await misfits(page), `misfits: ${name}`).toEqual([]);
    }
  }
  await page.setViewportSize(before);
  await settled(page);
}

/** Charts are drawn a frame or two after their size is known. */
const settled = (page: Page): Promise<void> =>
  page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 60)));
      }),
  );

/** `rules`: those to go by. `within`: a selector of what to look at. */
export async function violations(
  page: Page,
  rules: string[] | 'all' | 'all but colours' = 'all',
  within?: string,
): Promise<string[]> {
  // Without frames there is no need for a page of its own to put the results together.
  const axe = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] });
  if (typeof rules !== 'string') axe.withRules(rules);
  if (rules === 'all but colours') axe.disableRules('color-contrast');
  if (within) axe.include(within);
  const found = await axe.analyze();
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/**
 * What does not fit: a page that scrolls sideways (or, on a desk, at all), text that stands out of the page or is cut off
 * where nothing scrolls and no dots say so, and controls under something else.
 */
export async function misfits(page: Page): Promise<string[]> {
  const { width, height } = await page.evaluate(() => ({
    width: document.documentElement.scrollWidth - innerWidth,
    height: innerWidth < 1180 ? 0 : document.documentElement.scrollHeight - innerHeight,
  }));
  return [
    ...(width > 0 ? [`the page is ${width} px too wide`] : []),
    ...(height > 0 ? [`the page is ${height} px too high`] : []),
    ...(await page.evaluate(strayTexts)),
    ...(await page.evaluate(coveredControls)),
  ];
}

/** Runs in the page. */
function strayTexts(): string[] {
  const found: string[] = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const parent = node.parentElement;
    const text = node.textContent?.trim() ?? '';
    if (!text || !parent?.checkVisibility() || parent.closest('.sr-only, option')) continue;
    range.selectNodeContents(node);
    const { left, right, width } = range.getBoundingClientRect();
    if (width === 0) continue;
    const limits = limitsOf(parent);
    const out = Math.max(right - limits.right, limits.left - left);
    if (out > 1.5) found.push(`“${text.slice(0, 60)}” stands out of ${limits.name} by ${Math.round(out)} px`);
  }
  return found;

  /** Where text may be, from left to right: anywhere where it can be scrolled to or ends in dots. */
  function limitsOf(start: Element): { left: number; right: number; name: string } {
    let limits = { left: 0, right: innerWidth, name: 'the page' };
    for (let each: Element | null = start; each && each !== document.body; each = each.parentElement) {
      const { overflowX, textOverflow } = getComputedStyle(each);
      if (overflowX === 'auto' || overflowX === 'scroll' || textOverflow === 'ellipsis')
        return { left: -Infinity, right: Infinity, name: '' };
      const bounds = each.matches('.panel, button, .notice, .shared-banner, svg') || overflowX !== 'visible';
      const { left, right } = each.getBoundingClientRect();
      if (!bounds || (right >= limits.right && left <= limits.left)) continue;
      const name = `${each.tagName.toLowerCase()}.${each.getAttribute('class') ?? ''}`;
      limits = { left: Math.max(left, limits.left), right: Math.min(right, limits.right), name };
    }
    return limits;
  }
}

/** Runs in the page. What can be pressed must be what is there. */
function coveredControls(): string[] {
  const found: string[] = [];
  for (const control of document.querySelectorAll('button, input, select, textarea, summary, a')) {
    const { left, top, width, height } = control.getBoundingClientRect();
    const [x, y] = [left + width / 2, top + height / 2];
    const hidden = !control.checkVisibility({ opacityProperty: true }) || control.closest('.sr-only');
    if (hidden || !isInSight(control, x, y)) continue;
    const hit = document.elementFromPoint(x, y);
    // What is under the way about a phone's page can be scrolled out from there.
    if (!hit || hit.closest('.sections') || control.contains(hit) || hit.contains(control)) continue;
    found.push(`${control.outerHTML.slice(0, 80)} is under ${hit.outerHTML.slice(0, 80)}`);
  }
  return found;

  /** Whether nothing around it has scrolled or cut it away. */
  function isInSight(start: Element, x: number, y: number): boolean {
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) return false;
    for (let each = start.parentElement; each && each !== document.body; each = each.parentElement) {
      if (getComputedStyle(each).overflowY === 'visible') continue;
      const { left, right, top, bottom } = each.getBoundingClientRect();
      if (x < left || x > right || y < top || y > bottom) return false;
    }
    return true;
  }
}
