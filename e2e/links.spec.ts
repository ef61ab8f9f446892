import { expect, test, type Page } from '@playwright/test';
import { packFragment } from '../src/session/fragment.ts';
import { encodeLink } from '../src/session/link.ts';
import { logFixture } from '../src/session/session.testing.ts';
import { toWire } from '../src/session/wire.ts';
import { button, expectAlert, region, setField } from './studio.ts';

const log = logFixture({ evaluations: 40, seed: 11, eventful: true });
const { fragment } = encodeLink(log);
const other = encodeLink(logFixture({ evaluations: 24, seed: 12 })).fragment;

const pack = (value: unknown): string => packFragment({ letter: 's', what: '', remedy: '' }, value);
/** As an own property, which only JSON can give an object. */
const polluted = (): unknown =>
  JSON.parse(JSON.stringify(toWire(log)).replace('{', '{"__proto__":{"polluted":1},'));
const flipped = fragment.slice(0, 900) + (fragment[900] === 'A' ? 'B' : 'A') + fragment.slice(901);

const hostile: [what: string, link: string, says: RegExp][] = [
  ['has one character changed', flipped, /The link .*(damaged|changed on the way|missing|belong)/],
  ['is of another version', '#s7.AAAA', /made by a newer Pare \(format 7\)\. Reload this page/],
  ['reaches for a prototype', pack(polluted()), /holds the key “__proto__”/],
  [
    'holds a number out of range',
    pack({ ...toWire(log), score: [1e300] }),
    /The link does not hold a valid session/,
  ],
];

for (const [what, link, says] of hostile) {
  test(`a link that ${what} is refused, and nothing else happens`, async ({ page }) => {
    const failures = listen(page);
    await page.goto(`./${link}`);
    await expectAlert(page, says);
    expect(await page.evaluate(() => window.pare.session().status)).toBe('empty');
    expect(await page.evaluate(() => window.pare.sessions())).toEqual([]);
    expect(await page.evaluate(() => 'polluted' in {})).toBe(false);
    // The page is as good as new.
    await page.evaluate((good) => (location.hash = good), fragment);
    await expect(region(page, 'Results')).toContainText('LoNAS best');
    await expect(page.getByRole('alert')).toHaveCount(0);
    expect(failures).toEqual([]);
  });
}

test('the address holds the recipe, and then the session', async ({ page }) => {
  const hash = () => new URL(page.url()).hash;
  await page.goto('./');
  expect(hash()).toBe('');
  await setField(page, 'Steps', 123);
  await expect.poll(hash).toMatch(/^#r1\./);
  await page.reload();
  await expect(region(page, 'Recipe').getByLabel('Steps', { exact: true })).toHaveValue('123');

  await page.evaluate((link) => (location.hash = link), fragment);
  await expect(region(page, 'Results')).toContainText('LoNAS best');
  expect(hash()).toBe(fragment);
  await button(page, 'Keep in this browser').click();
  // Its place is offered no longer once it is kept.
  await expect(button(page, 'Keep in this browser')).toHaveCount(0);
  await page.reload();
  await expect(region(page, 'Results')).toContainText('LoNAS best');
  expect(hash()).toBe(fragment);

  await button(page, 'Close').click();
  await expect.poll(hash).toMatch(/^#r1\./);
  await button(page, 'Sessions').click();
  await page.getByRole('list', { name: 'Sessions' }).getByRole('button').first().click();
  await expect.poll(hash).toBe(fragment);
});

test('Back and Forward go from session to session', async ({ page }) => {
  const scored = () => page.evaluate(() => window.pare.session().points.length);
  await page.goto('./');
  await page.goto(`./${fragment}`);
  await expect.poll(scored).toBe(42);
  await page.goto(`./${other}`);
  await expect.poll(scored).toBe(26);
  await page.goBack();
  await expect.poll(scored).toBe(42);
  expect(new URL(page.url()).hash).toBe(fragment);
  await page.goForward();
  await expect.poll(scored).toBe(26);
  expect(new URL(page.url()).hash).toBe(other);
});

/** Everything that a script could make itself known by. */
function listen(page: Page): string[] {
  const heard: string[] = [];
  page.on('dialog', (dialog) => {
    heard.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => heard.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') heard.push(`console: ${message.text()}`);
  });
  return heard;
}
