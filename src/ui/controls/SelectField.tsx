import { useId } from 'react';
import { FieldProblem } from './FieldProblem.tsx';
import { useRefusal } from './useRefusal.ts';

interface Props {
  label: string;
  value: string;
  options: readonly (readonly [value: string, label: string])[];
  /** Gives back why the choice cannot be made, or null. */
  onChange: (value: string) => string | null;
  disabled?: boolean;
  /** Across the whole row. */
  wide?: boolean;
  title?: string;
}

export function SelectField({
  label,
  value,
  options,
  onChange,
  disabled = false,
  wide = true,
  title,
}: Props) {
  const id = useId();
  const { refusal, choose } = useRefusal(value, onChange);
  return (
    <div className={wide ? 'field wide' : 'field'} title={title}>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        aria-invalid={refusal !== null}
        aria-describedby={refusal === null ? undefined : `${id}-problem`}
        onChange={(event) => choose(event.target.value)}
      >
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
      <FieldProblem id={`${id}-problem`} text={refusal} />
    </div>
  );
}
