import { describe, expect, it } from 'vitest';
import type { Group } from '../../session/view.ts';
import { paddingText } from './paddingText.ts';

const group = (kind: Group['kind'], layer: number, choices: number[]): Group => ({
  id: `${kind}${layer}`,
  kind,
  layer,
  choices,
  members: [`model.layers.${layer}.mlp.up_proj`],
});
const widths = [0, 1, 2].map((layer) => group('width', layer, [64, 32]));
const blocks = [0, 1, 2].map((layer) => group('block', layer, [1, 0]));

describe('what an export will pad', () => {
  it('is told where the kept layers differ in width or heads', () => {
    expect(paddingText(widths, [0, 1, 0])).toMatch(/^FFN widths differ by layer: .* zeros/);
    expect(paddingText(widths, [1, 1, 1])).toBeNull();
    const both = [...widths, ...[0, 1, 2].map((layer) => group('heads', layer, [4, 2]))];
    expect(paddingText(both, [0, 1, 0, 0, 0, 1])).toMatch(/^FFN widths and numbers of heads differ/);
  });

  it('does not count removed blocks, nor ranks', () => {
    expect(paddingText([...widths, ...blocks], [0, 1, 0, 0, 1, 0])).toBeNull();
    expect(
      paddingText(
        [0, 1].map((layer) => group('rank', layer, [8, 4])),
        [0, 1],
      ),
    ).toBeNull();
  });
});
