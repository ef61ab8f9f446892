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

/** Both limits of every published model. */
const limits = { type: 'llama3', lowFreqFactor: 1, highFreqFactor: 4 } as const;

/** The parameters that give these divisors, or null where none with the usual limits do. */
export function scalingOf(divisors: Float32Array, rotary: Rotary): Llama3 | null {
  const factor = Number(Math.max(...divisors).toPrecision(6));
  const gives = (scaling: Llama3) =>
    ropeDivisors(scaling, rotary).every((each, i) => Math.abs(each - divisors[i]!) <= 1e-5 * each);
  const lengths = [8192, ...blendedLengths(divisors, factor, rotary), ...powersOfTwo];
  return (
    lengths
      .filter((length) => length >= 1 && Number.isFinite(length))
      .map((originalMaxPositions): Llama3 => ({ ...limits, factor, originalMaxPositions }))
      .find(gives) ?? null
  );
}

const powersOfTwo = Array.from({ length: 20 }, (_, i) => 2 ** (i + 1));

/** Between the limits a divisor tells the length: share = (length / wavelength − low) / (high − low). */
function blendedLengths(divisors: Float32Array, factor: number, rotary: Rotary): number[] {
  const { lowFreqFactor: low, highFreqFactor: high } = limits;
  return wavelengths(rotary).flatMap((wavelength, i) => {
    const share = (1 / divisors[i]! - 1 / factor) / (1 - 1 / factor);
    return share > 0 && share < 1 ? [Math.round((share * (high - low) + low) * wavelength)] : [];
  });
}
