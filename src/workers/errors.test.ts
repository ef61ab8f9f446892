import { describe, expect, it } from 'vitest';
import { PareError } from '../lib/assert.ts';
import { throwingPareErrors, throwingPlainErrors, toPareError, toPlainError } from './errors.ts';

const error = new PareError('too-large', 'It does not fit.', 'Use a smaller batch.', { bytes: 12 });

describe('errors across a worker', () => {
  it('arrive as they were thrown', () => {
    const arrived = toPareError(structuredClone(toPlainError(error)));
    expect(arrived).toBeInstanceOf(PareError);
    expect(arrived).toMatchObject({
      code: 'too-large',
      message: 'It does not fit.',
      remedy: 'Use a smaller batch.',
      details: { bytes: 12 },
    });
  });

  it('have a remedy whatever was thrown', () => {
    for (const thrown of [new Error('boom'), 'boom', null, { message: 'boom' }]) {
      expect(toPareError(thrown)).toMatchObject({
        code: 'unexpected',
        remedy: expect.stringContaining('Reload') as string,
      });
    }
  });

  it('are not hidden by details that cannot be cloned', () => {
    expect(toPlainError(new PareError('a', 'b', 'c', { f: () => 1 }))).toEqual({
      code: 'a',
      message: 'b',
      remedy: 'c',
      details: {},
    });
  });

  it('are converted by both ends of an api, methods keeping their object', async () => {
    const api = {
      value: 3,
      read: () => Promise.resolve(api.value),
      fail: () => Promise.reject<number>(error),
    };
    const worker = throwingPlainErrors(api);
    expect(await worker.read()).toBe(3);
    await expect(worker.fail()).rejects.toEqual(toPlainError(error));
    await expect(throwingPareErrors(worker).fail()).rejects.toBeInstanceOf(PareError);
  });
});
