import { readFileSync } from 'node:fs';
import { constants, deflateRawSync } from 'node:zlib';
import { expect, test, type Page } from '@playwright/test';
import { writeSessionFile } from '../src/session/file.ts';
import type { SessionEvent } from '../src/session/events.ts';
import { encodeLink } from '../src/session/link.ts';
import { logFixture } from '../src/session/session.testing.ts';
import { button, drop, expectAlert, openDemo, region } from './studio.ts';

/** Links and files that mean harm: refused by name, or shown as the text that they are. Nothing of them is carried out. */

const image = '<img src=x onerror="window.harmed=1">';
const script = '"><script>window.harmed=2</script><b>';

/** An honest session, but for its names. */
const named = logFixture({ evaluations: 12, steps: 20 }).map((event): SessionEvent => {
  if (event.type === 'result') return { ...event, row: { ...event.row, label: script } };
  if (event.type !== 'started') return event;
  const { model, data, device, groups } = event;
  return {
    ...event,
    model: { ...model, name: image, architecture: script },
    data: { ...data, name: script },
    device: { ...device, adapter: image },
    groups: groups.map((group, index) => ({ ...group, id: `${image}${index}` })),
  };
});

test('HTML in names is text: in the address, in a file, in the library and in the report', async ({
  page,
}) => {
  const dialogs = listenForHarm(page);
  await test.step('in the address', async () => {
    await page.goto(`./${encodeLink(named).fragment}`);
    await expect(page.getByRole('complementary', { name: 'Shared session' })).toContainText(image);
    await expectUnharmed(page);
  });
  await test.step('in the library', async () => {
    await button(page, 'Keep in this browser').click();
    await button(page, 'Sessions').click();
    await expect(region(page, 'Library').getByRole('listitem')).toContainText(script);
    await button(page, `LoNAS · ${image} · seed 7`).click();
    await expect(page.getByRole('complementary', { name: 'Kept session' })).toContainText(image);
    await expectUnharmed(page);
  });
  await test.step('in the report', async () => {
    const downloading = page.waitForEvent('download');
    await button(page, 'Save report').click();
    const html = readFileSync(await (await downloading).path(), 'utf8');
    const report = await page.context().newPage();
    const said = listenForHarm(report);
    await report.setContent(html);
    await expect(report.locator('body')).toContainText(image);
    await expectUnharmed(report);
    expect(said).toEqual([]);
    await report.close();
  });
  await test.step('in a file', async () => {
    await page.goto('about:blank');
    await page.goto('./');
    await drop(page, [{ path: `${image}.pare`, bytes: writeSessionFile(named) }]);
    await expect(page.getByRole('complementary', { name: 'Shared session' })).toContainText(image);
    await expectUnharmed(page);
  });
  expect(dialogs).toEqual([]);
});

test('what is no session is refused by name, stores nothing, and the page goes on', async ({ page }) => {
  const { fragment } = encodeLink(logFixture({ evaluations: 12 }));
  await page.goto(`./${fragment}`);
  await button(page, 'Keep in this browser').click();
  await expect(button(page, 'Keep in this browser')).toHaveCount(0);
  const kept = await stored(page);
  expect(kept).toHaveLength(1);
  const links: [name: string, fragment: string][] = [
    ['a link that lost its end', fragment.slice(0, -40)],
    ['a link that lost its middle', fragment.slice(0, 300) + fragment.slice(400)],
    ['a link of 20 MB', `#s1.${Buffer.from(zeros(20)).toString('base64url')}`],
  ];
  for (const [name, hash] of links) {
    await test.step(name, async () => {
      await page.goto('about:blank');
      await page.goto(`./${hash}`);
      await expectAlert(page, /^The link /);
      expect(await page.evaluate(() => window.pare.session().status)).toBe('empty');
      expect(await stored(page)).toEqual(kept);
    });
  }
  const gzip = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]), zeros(1000), Buffer.alloc(8)];
  const whole = writeSessionFile(logFixture());
  const files: [name: string, bytes: Uint8Array][] = [
    ['a file of 1 GB in 1 MB', new Uint8Array(Buffer.concat(gzip))],
    ['a file that lost its end', whole.slice(0, -100)],
    ['a file of something else', new TextEncoder().encode('<script>window.harmed=3</script>')],
  ];
  for (const [name, bytes] of files) {
    await test.step(name, async () => {
      await page.goto('about:blank');
      await page.goto('./');
      await drop(page, [{ path: 'sent.pare', bytes }]);
      await expectAlert(page, /^The session file /);
      expect(await page.evaluate(() => window.pare.session().status)).toBe('empty');
      expect(await stored(page)).toEqual(kept);
    });
  }
  await expectUnharmed(page);
  await openDemo(page);
  await expect(button(page, 'Run')).toBeEnabled();
});

/** Raw deflate data of so many megabytes of zeros: one block, again and again. */
function zeros(megabytes: number): Uint8Array {
  const block = deflateRawSync(new Uint8Array(1_000_000), { level: 9, finishFlush: constants.Z_SYNC_FLUSH });
  return Buffer.concat([...Array.from({ length: megabytes }, () => block), deflateRawSync(new Uint8Array())]);
}

const stored = (page: Page) => page.evaluate(() => window.pare.sessions());

function listenForHarm(page: Page): string[] {
  const said: string[] = [];
  page.on('dialog', (dialog) => {
    said.push(dialog.message());
    void dialog.dismiss();
  });
  return said;
}

async function expectUnharmed(page: Page): Promise<void> {
  await expect(page.locator('img[src="x"], script:not([src]), [onerror]')).toHaveCount(0);
  expect(await page.evaluate(() => (window as unknown as { harmed?: number }).harmed)).toBeUndefined();
}
