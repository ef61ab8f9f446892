import { useId } from 'react';
import { FieldProblem } from './FieldProblem.tsx';
import { useRefusal } from './useRefusal.ts';

interface Props {
  label: string;
  value: readonly string[];
  options: readonly (readonly [value: string, label: string])[];
  /** Gives back why it cannot be so, or null. */
  onChange: (value: string[]) => string | null;
  disabled?: boolean;
  title?: string;
}

/** Any of a few words; the last one left cannot be taken away. */
export function SeveralField({ label, value, options, onChange, disabled = false, title }: Props) {
  const id = useId();
  const { refusal, choose } = useRefusal(value.join(), onChange);
  const toggled = (key: string, on: boolean) =>
    options.map(([each]) => each).filter((each) => (each === key ? on : value.includes(each)));
  return (
    <fieldset
      className="field wide several"
      title={title}
      disabled={disabled}
      aria-describedby={refusal === null ? undefined : `${id}-problem`}
    >
      <legend>{label}</legend>
      {options.map(([key, text]) => (
        <label key={key}>
          <input
            type="checkbox"
            checked={value.includes(key)}
            disabled={value.length === 1 && value[0] === key}
            onChange={(event) => choose(toggled(key, event.target.checked))}
          />
          {text}
        </label>
      ))}
      <FieldProblem id={`${id}-problem`} text={refusal} />
    </fieldset>
  );
}
