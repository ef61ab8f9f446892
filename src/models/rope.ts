import type { ModelConfig } from '../formats/model-config.ts';

type Rotary = Pick<ModelConfig, 'decoder' | 'ropeTheta' | 'ropeScaling'>;

/** Dimensions of a head that turn; 0 where positions are learned. */
export const rotaryDims = ({ decoder: { positions } }: Pick<ModelConfig, 'decoder'>): number =>
  positions.kind === 'rotary' ? positions.dims : 0;

/** The stored tables of a length. */
export const ropeNames = (positions: number) => ({
  cos: `rope.${positions}.cos`,
  sin: `rope.${positions}.sin`,
});

/** Rotary angles by position and pair, made in double on the host: shader sin and cos are too coarse. */
export function ropeTables(
  config: Rotary,
  positions: number,
): { cos: Float32Array<ArrayBuffer>; sin: Float32Array<ArrayBuffer> } {
  return { cos: ropeTable(config, positions, 'cos'), sin: ropeTable(config, positions, 'sin') };
}

/** One of the two, [positions, rotaryDims / 2]. */
export function ropeTable(config: Rotary, positions: number, kind: 'cos' | 'sin'): Float32Array<ArrayBuffer> {
  const frequencies = ropeFrequencies(config);
  const half = frequencies.length;
  const table = new Float32Array(positions * half);
  for (let position = 0; position < positions; position++) {
    frequencies.forEach((frequency, pair) => {
      table[position * half + pair] = Math[kind](position * frequency);
    });
  }
  return table;
}

/** θ^(−2i/d), scaled as transformers' modeling_rope_utils does for `linear` and `llama3`. */
function ropeFrequencies(config: Rotary): number[] {
  const { ropeTheta, ropeScaling } = config;
  const dims = rotaryDims(config);
  const plain = Array.from({ length: dims / 2 }, (_, i) => ropeTheta ** ((-2 * i) / dims));
  if (!ropeScaling) return plain;
  const { factor } = ropeScaling;
  if (ropeScaling.type === 'linear') return plain.map((frequency) => frequency / factor);
  const { lowFreqFactor, highFreqFactor, originalMaxPositions } = ropeScaling;
  return plain.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < originalMaxPositions / highFreqFactor) return frequency;
    if (wavelength > originalMaxPositions / lowFreqFactor) return frequency / factor;
    const smooth = (originalMaxPositions / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
}
