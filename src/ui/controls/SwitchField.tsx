import { useId } from 'react';
import { FieldProblem } from './FieldProblem.tsx';
import { useRefusal } from './useRefusal.ts';

interface Props {
  label: string;
  value: boolean;
  /** Gives back why it cannot be so, or null. */
  onChange: (on: boolean) => string | null;
  disabled?: boolean;
  title?: string;
}

export function SwitchField({ label, value, onChange, disabled = false, title }: Props) {
  const id = useId();
  const { refusal, choose } = useRefusal(String(value), onChange);
  return (
    <div className="field wide" title={title}>
      <label className="switch">
        <input
          type="checkbox"
          checked={value}
          disabled={disabled}
          aria-describedby={refusal === null ? undefined : `${id}-problem`}
          onChange={(event) => choose(event.target.checked)}
        />
        {label}
      </label>
      <FieldProblem id={`${id}-problem`} text={refusal} />
    </div>
  );
}
