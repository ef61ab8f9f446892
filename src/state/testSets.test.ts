import { beforeEach, describe, expect, it, vi } from 'vitest';
import { PareError } from '../lib/assert.ts';
import type { DataSummary, DroppedFile, StudioClient } from '../workers/studio.protocol.ts';
import { clientFixture } from './client.testing.ts';
import { dataStore } from './data.ts';
import { provideEngine } from './engine.ts';
import { modelFixtures } from './fixtures.testing.ts';
import { noticeStore } from './notices.ts';
import { addTestSets, removeTestSet, testSetStore } from './testSets.ts';

const file = (path: string): DroppedFile => ({ path, file: new Blob() });
const names = () => testSetStore.getState().sets.map(({ name }) => name);
const summary = (name: string, columns: Partial<DataSummary> = {}): DataSummary => ({
  ...modelFixtures().data,
  name,
  sha256: name,
  ...columns,
});

beforeEach(() => {
  testSetStore.setState({ loading: null, sets: [] });
  dataStore.setState({ loading: null, summary: null, source: null });
  noticeStore.setState({ notices: [] });
});

describe('test sets', () => {
  it('are added, once each, and taken out again', async () => {
    const removeTest = vi.fn(() => Promise.resolve());
    provideEngine(() => clientFixture({ addTest: ({ path }) => Promise.resolve(summary(path)), removeTest }));
    await addTestSets([file('hard'), file('easy'), file('hard')]);
    expect(names()).toEqual(['easy', 'hard']);
    await removeTestSet('easy');
    expect(removeTest).toHaveBeenCalledExactlyOnceWith('easy');
    expect(names()).toEqual(['hard']);
  });

  it('that cannot be read are reported, and keep no other out', async () => {
    const broken = new PareError('data-empty', 'Nothing in it.', 'Choose another file.');
    const addTest = ({ path }: DroppedFile) =>
      path === 'broken' ? Promise.reject(broken) : Promise.resolve(summary(path));
    provideEngine(() => clientFixture({ addTest }));
    await addTestSets([file('broken'), file('good')]);
    expect(names()).toEqual(['good']);
    expect(noticeStore.getState().notices.map(({ code }) => code)).toEqual(['data-empty']);
    expect(testSetStore.getState().loading).toBeNull();
  });

  it('are read by the columns of the open data, where they have them', async () => {
    dataStore.setState({ summary: summary('data', { prompt: 'q', answer: 'a' }) });
    const addTest = vi.fn<StudioClient['addTest']>(({ path }) =>
      Promise.resolve(summary(path, { columns: path === 'alike' ? ['q', 'a', 'answer'] : ['x', 'answer'] })),
    );
    provideEngine(() => clientFixture({ addTest }));
    await addTestSets([file('alike'), file('other')]);
    expect(addTest.mock.calls.map(([{ path }, columns]) => [path, columns])).toEqual([
      ['alike', undefined],
      ['alike', { prompt: 'q', answer: 'a' }],
      ['other', undefined],
    ]);
  });
});
