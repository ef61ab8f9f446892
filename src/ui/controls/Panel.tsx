import { useId } from 'react';
import type { ReactNode } from 'react';

interface Props {
  /** The region's accessible name, exactly: tests and users rely on it. */
  title: string;
  /** Place in the order of work, for the four panels that have one. */
  step?: number;
  /** Beside the title: what the panel is about in one glance. */
  aside?: ReactNode;
  className?: string;
  children: ReactNode;
}

export function Panel({ title, step, aside, className = '', children }: Props) {
  const id = useId();
  return (
    <section className={`panel ${className}`} aria-labelledby={id}>
      <header className="panel-head">
        {step !== undefined && (
          <span className="panel-step" aria-hidden="true">
            {step}
          </span>
        )}
        <h2 id={id}>{title}</h2>
        <div className="panel-aside">{aside}</div>
      </header>
      {children}
    </section>
  );
}
