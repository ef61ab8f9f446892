import { useId } from 'react';

interface Props {
  label: string;
  value: string;
  options: readonly (readonly [value: string, label: string])[];
  onChange: (value: string) => void;
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
  return (
    <div className={wide ? 'field wide' : 'field'} title={title}>
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} disabled={disabled} onChange={(event) => onChange(event.target.value)}>
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
