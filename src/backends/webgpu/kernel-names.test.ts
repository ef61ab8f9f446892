import { expect, it } from 'vitest';
import type { DeviceTraits } from '../../graph/op.ts';
import { kernelNames, namedChoices } from './kernel-names.ts';

const traits: DeviceTraits = {
  subgroup: 4,
  workgroupBytes: 2 ** 14,
  workgroupThreads: 256,
  software: true,
  choices: new Map([
    ['sum', 'tree'],
    ['matmul nt f32', 'tiles'],
  ]),
};

it('names the revision, the lanes and the choices, and reads the choices back', () => {
  const names = kernelNames(traits);
  expect(names).toMatch(/^kernels \d+; subgroups of 4; matmul nt f32 = tiles; sum = tree$/);
  expect(namedChoices(names)).toEqual(traits.choices);
});
