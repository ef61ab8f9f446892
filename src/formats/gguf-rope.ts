/**
 * Llama 3's way to stretch rotary positions. config.json has four parameters for it, GGUF one divisor for each
 * frequency (`rope_freqs.weight`). (ggml-org/llama.cpp, `convert_hf_to_gguf.py` LlamaModel.generate_extra_tensors.)
 */
import type { ModelConfig, RopeScaling } from './model-config.ts';

type Llama3 = Extract<RopeScaling, { type: 'llama3' }>;
type Rotary = Pick<ModelConfig, 'ropeTheta'> & { dims: number };

/** Positions after which each pair of a head is where it was. */
function wavelengths({ ropeTheta, dims }: Rotary): number[] {
  return Array.from({ length: dims / 2 }, (_, i) => 2 * Math.PI * ropeTheta ** ((2 * i) / dims));
}

/** The divisor of each frequency, [dims / 2]. */
export function ropeDivisors(scaling: Llama3, rotary: Rotary): Float32Array<ArrayBuffer> {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositions } = scaling;
  return Float32Array.from(wavelengths(rotary), (wavelength) => {
    const turns = originalMaxPositions / wavelength;
    const share = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
    if (share > 1) return 1;
    return share < 0 ? factor : 1 / ((1 - share) / factor + share);
  });
}

/** The parameters that give these divisors, or null where none do. `lowFreqFactor` is 1, as in every published model. */
export function scalingOf(divisors: Float32Array, rotary: Rotary): Llama3 | null {
  const factor = Number(Math.max(...divisors).toPrecision(6));
  const candidates = [
    { type: 'llama3' as const, factor, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 8192 },
    fit(divisors, factor, rotary),
  ];
  const gives = (scaling: Llama3 | null): scaling is Llama3 =>
    scaling !== null &&
    ropeDivisors(scaling, rotary).every((each, i) => Math.abs(each - divisors[i]!) <= 1e-5 * each);
  return candidates.find(gives) ?? null;
}

/** Between the two limits the share is linear in the number of turns: two points there give the line. */
function fit(divisors: Float32Array, factor: number, rotary: Rotary): Llama3 | null {
  const points = wavelengths(rotary).flatMap((wavelength, i) => {
    const share = (1 / divisors[i]! - 1 / factor) / (1 - 1 / factor);
    return share > 1e-3 && share < 1 - 1e-3 ? [{ share, turns: 1 / wavelength }] : [];
  });
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || first === last) return null;
  const slope = (first.share - last.share) / (first.turns - last.turns);
  // share = slope · turns − 1 / (high − 1), where the low factor is 1
  const span = 1 / (slope * first.turns - first.share);
  const highFreqFactor = Number((span + 1).toPrecision(3));
  const originalMaxPositions = Math.round(slope * (highFreqFactor - 1));
  if (!(highFreqFactor > 1) || !(originalMaxPositions >= 1)) return null;
  return { type: 'llama3', factor, lowFreqFactor: 1, highFreqFactor, originalMaxPositions };
}
