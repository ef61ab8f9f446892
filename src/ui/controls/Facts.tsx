import type { ReactNode } from 'react';

/** A term, its value as it reads best, and the exact one for those who point at it. */
type Fact = readonly [term: string, value: ReactNode, exact?: string];

/** Pairs of a term and its value, aligned: the instrument's dials. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map(([term, value, exact]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd title={exact}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
