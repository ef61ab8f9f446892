import { useStore } from 'zustand';
import { bytes } from '../../session/format.ts';
import { estimateStore } from '../../state/estimate.ts';

/** What the run will need of the device, before it runs; and what stands in the way. */
export function MemoryNeeded() {
  const { estimate, problem, pending } = useStore(estimateStore);
  if (problem) {
    return (
      <p className="refusal">
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
      {estimate.problem && <p className="refusal">{estimate.problem}</p>}
    </div>
  );
}
