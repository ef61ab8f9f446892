import { beforeEach, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../session/events.ts';
import { logFixture, randomFixture } from '../session/session.testing.ts';
import { noticeStore } from './notices.ts';
import { providePlatform } from './platform.ts';
import { saveReport } from './report.ts';
import { closeSession, showSession } from './session.ts';
import { shareLink } from './share.ts';

let saved: { name: string; content: unknown }[] = [];

beforeEach(() => {
  saved = [];
  providePlatform({
    save: (name, content) => Promise.resolve(void saved.push({ name, content })),
    copy: () => Promise.resolve(true),
    address: { read: () => 'https://pare.example/#old', replaceFragment: () => {}, clearFragment: () => {} },
  });
  noticeStore.setState({ notices: [] });
  closeSession();
});

const show = (log: SessionEvent[]) => showSession(log, 'link');

describe('saving a report', () => {
  it('saves one HTML file with the link of the session', async () => {
    show(logFixture());
    await saveReport();
    expect(saved.map(({ name }) => name)).toEqual(['pare-demo-lonas-report.html']);
    const text = String(saved[0]?.content);
    expect(text).toContain('pare-demo: LoNAS on problems.jsonl');
    expect(text).toContain('settings differ from the method’s preset');
    expect(text).toMatch(/href="https:\/\/pare\.example\/#s1\.[\w-]+"/);
    expect(text).toMatch(/by Pare \d+\.\d+\.\d+/);
  });

  it('asks for the session file where the session does not fit into a link', async () => {
    const next = randomFixture(1);
    const noise = () => Array.from({ length: 2000 }, () => String.fromCharCode(32 + 94 * next())).join('');
    const interruptions = Array.from({ length: 40 }, (): SessionEvent => {
      const device = { backend: 'cpu', adapter: 'CPU' } as const;
      const common = {
        type: 'recovered',
        at: 1,
        cause: 'device-lost',
        exact: true,
        accumulation: 1,
      } as const;
      return { ...common, device, message: noise() };
    });
    show([...logFixture(), ...interruptions]);
    expect(() => shareLink()).toThrow('does not fit');
    await saveReport();
    expect(String(saved[0]?.content)).not.toContain('href=');
    expect(String(saved[0]?.content)).toContain('Open the session file (.pare)');
  });

  it('names what is missing where there is no session', async () => {
    await saveReport();
    expect(saved).toEqual([]);
    expect(noticeStore.getState().notices.map(({ code }) => code)).toEqual(['report-empty']);
  });
});
