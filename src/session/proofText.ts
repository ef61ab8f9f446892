import type { Proof } from './events.ts';
import { integer } from './format.ts';

/** The proof of the merge in one sentence: what was compared, what came out, and what was allowed. */
export function proofText(proof: Proof): string {
  const { logitError, bound, reason, tokens, maskedWeights, maskedZeros, otherZeros } = proof;
  const { codes, merged, holds } = proof;
  const logits = logitsText(logitError, bound);
  const parts = [
    `${logits} over ${integer(tokens)} positions (bound ${bound === 0 ? '0' : power(bound)}: ${reason})`,
  ];
  if (maskedWeights > 0)
    parts.push(`${integer(maskedZeros)} of ${integer(maskedWeights)} masked weights exactly zero`);
  if (otherZeros > 0) parts.push(`${integer(otherZeros)} further zeros`);
  if (codes) parts.push(`${integer(codes.equal)} of ${integer(codes.compared)} codes equal`);
  if (merged)
    parts.push(
      `${integer(merged.equal)} of ${integer(merged.compared)} merged weights are W + s·B·A, rounded`,
    );
  return `Proof of merge${holds ? '' : ' FAILED'}: ${parts.join(', ')}.`;
}

function logitsText(error: number | null, bound: number): string {
  if (error === null) return 'logits that are not finite';
  if (error === 0) return 'logits equal bit for bit';
  return `logits ${error > bound ? 'differ by' : 'equal within'} ${power(error)}`;
}

/** 3.1e-7 and 1e-5: two digits, the second only where it says something. */
const power = (value: number): string => value.toExponential(1).replace('.0e', 'e');
