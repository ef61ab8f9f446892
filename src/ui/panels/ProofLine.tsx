import type { Proof } from '../../session/events.ts';
import { proofText } from '../../session/proofText.ts';

/** Whether the files compute what was measured. Where they do not, nobody should overlook it. */
export function ProofLine({ proof }: { proof: Proof }) {
  const text = proofText(proof);
  if (proof.holds) {
    return (
      <p className="proof">
        <span className="proof-tick" aria-hidden="true">
          ✓
        </span>
        {text}
      </p>
    );
  }
  return (
    <p className="proof refusal" role="alert">
      <strong>⚠ {text}</strong> The exported files do not compute what was measured: do not use them. Choose
      another sub-network, or run again, and export that.
    </p>
  );
}
