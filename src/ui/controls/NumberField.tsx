import { useId, useState } from 'react';

interface Props {
  label: string;
  value: number;
  /** Gives back what is wrong with the value, or null. */
  onChange: (value: number) => string | null;
  unit?: string;
  /** Shown when it is pointed at. */
  title?: string;
  step?: number;
  disabled?: boolean;
  /** The value is kept as value/scale: 50 % is kept as 0.5. */
  scale?: number;
}

/** Shortest text of a number that a person would type: 0.55·100 is 55, not 55.00000000000001. */
const tidy = (value: number): string => String(Number(value.toPrecision(12)));

/**
 * A number that is applied while it is typed, wherever it is valid; else the field says why not and keeps the text. Left
 * like that, it shows the value that still holds, and why the other one did not take its place.
 */
export function NumberField({
  label,
  value,
  onChange,
  unit,
  title,
  step,
  disabled = false,
  scale = 1,
}: Props) {
  const id = useId();
  const [draft, setDraft] = useState<{ text: string; problem: string } | null>(null);
  const [left, setLeft] = useState<{ problem: string; value: number } | null>(null);
  const kept = left?.value === value ? `Kept ${tidy(value * scale)}. ${left.problem}` : null;
  const problem = draft?.problem ?? kept;
  const leave = () => {
    setLeft(draft && { problem: draft.problem, value });
    setDraft(null);
  };
  const change = (text: string) => {
    setLeft(null);
    const typed = Number(text);
    const found =
      text.trim() === '' || !Number.isFinite(typed) ? 'A number is needed.' : onChange(typed / scale);
    setDraft(found === null ? null : { text, problem: found });
  };
  return (
    <div className="field" title={title}>
      <label htmlFor={id}>{label}</label>
      <span className="field-input">
        <input
          id={id}
          type="number"
          inputMode="decimal"
          step={step ?? 'any'}
          value={draft?.text ?? tidy(value * scale)}
          disabled={disabled}
          aria-invalid={draft !== null}
          aria-describedby={problem === null ? undefined : `${id}-problem`}
          onChange={(event) => change(event.target.value)}
          onBlur={leave}
        />
        {unit && <span className="unit">{unit}</span>}
      </span>
      {problem !== null && (
        <p id={`${id}-problem`} className="field-problem">
          {problem}
        </p>
      )}
    </div>
  );
}
