interface Props {
  /** The accessible name: what is progressing. */
  label: string;
  done: number;
  /** 0: not known yet. */
  total: number;
  /** How far, in words. */
  text: string;
}

/** A ruler that fills; without a total it only says that something goes on. */
export function ProgressBar({ label, done, total, text }: Props) {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const known = total > 0 ? { 'aria-valuemax': total, 'aria-valuenow': Math.min(done, total) } : {};
  return (
    <div
      className="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuetext={text}
      {...known}
    >
      <span style={{ width: `${share * 100}%` }} />
    </div>
  );
}
