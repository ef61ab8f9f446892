import { beforeEach, expect, it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import { noticeStore, notify, reportError, withdraw } from './notices.ts';

const messages = () => noticeStore.getState().notices.map(({ message }) => message);
const failure = (code: string, message = code) => new PareError(code, message, 'Do this.');

beforeEach(() => noticeStore.setState({ notices: [] }));

it('takes back what a model failed for once a model has opened, whatever the error is called', () => {
  reportError(failure('safetensors-header'), 'model');
  reportError(failure('model-unknown'));
  reportError(failure('jsonl-line'), 'data');
  withdraw('model');
  expect(messages()).toEqual(['jsonl-line']);
});

it('shows the newest three, and nothing twice', () => {
  for (const text of ['a', 'b', 'c', 'd', 'c']) notify(text, text);
  expect(messages()).toEqual(['c', 'd', 'b']);
});
