import { useStore } from 'zustand';
import { bytes, percent } from '../../session/format.ts';
import { estimateStore } from '../../state/estimate.ts';
import type { MemoryEstimate } from '../../workers/studio.protocol.ts';

/** What the run will need of the device, before it runs; and what stands in the way. */
export function MemoryNeeded() {
  const { estimate, problem, pending } = useStore(estimateStore);
  if (problem) {
    return (
      <p className="refusal" role="alert">
        <strong>{problem.message}</strong> {problem.remedy}
      </p>
    );
  }
  if (!estimate) return null;
  const parts = [
    ['Weights', estimate.weights],
    ['Adapters', estimate.adapters],
    ['Activations', estimate.activations],
  ] as const;
  return (
    <div className="memory" data-pending={pending}>
      <p>
        <span>Memory needed</span>
        <strong>{bytes(estimate.total)}</strong>
      </p>
      <div className="memory-bar" aria-hidden="true">
        {parts.map(([name, size]) => (
          <span key={name} className={name.toLowerCase()} style={{ flexGrow: size }} />
        ))}
      </div>
      <ul>
        {parts.map(([name, size]) => (
          <li key={name} className={name.toLowerCase()}>
            {name} {bytes(size)}
          </li>
        ))}
      </ul>
      {estimate.fits ? (
        <Allowed estimate={estimate} />
      ) : (
        <p className="refusal" role="alert">
          {estimate.problem ?? 'This run does not fit on the device.'}
        </p>
      )}
    </div>
  );
}

/** WebGPU tells how large one buffer may be, and not how much memory there is in all. */
function Allowed({ estimate: { largestBuffer, bufferLimit } }: { estimate: MemoryEstimate }) {
  if (!Number.isFinite(bufferLimit) || bufferLimit <= 0) return null;
  const share = largestBuffer / bufferLimit;
  const said = share < 0.001 ? 'under 0.1 %' : percent(share, share < 0.1 ? 1 : 0);
  return (
    <p className="allowed">
      Largest buffer {bytes(largestBuffer)}: {said} of the {bytes(bufferLimit)} that this device allows
    </p>
  );
}
