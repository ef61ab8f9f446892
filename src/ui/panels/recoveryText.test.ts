import { expect, it } from 'vitest';
import { recoveryText } from './recoveryText.ts';

const recovery = {
  at: 1,
  cause: 'device-lost',
  message: 'The graphics device was lost',
  device: { backend: 'webgpu', adapter: 'test' },
  exact: true,
  accumulation: 1,
} as const;

it('says what happened, and whether it matters', () => {
  expect(recoveryText(recovery)).toEqual([
    'The graphics device was lost.',
    'The results are what they would have been.',
  ]);
  const [, consequence] = recoveryText({ ...recovery, exact: false, accumulation: 4 });
  expect(consequence).toMatch(/split into 4 parts.*may differ in their last bits/);
});
