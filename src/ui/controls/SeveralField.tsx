interface Props {
  label: string;
  value: readonly string[];
  options: readonly (readonly [value: string, label: string])[];
  onChange: (value: string[]) => void;
  disabled?: boolean;
  title?: string;
}

/** Any of a few words; the last one left cannot be taken away. */
export function SeveralField({ label, value, options, onChange, disabled = false, title }: Props) {
  const toggled = (key: string, on: boolean) =>
    options.map(([each]) => each).filter((each) => (each === key ? on : value.includes(each)));
  return (
    <fieldset className="field wide several" title={title} disabled={disabled}>
      <legend>{label}</legend>
      {options.map(([key, text]) => (
        <label key={key}>
          <input
            type="checkbox"
            checked={value.includes(key)}
            disabled={value.length === 1 && value[0] === key}
            onChange={(event) => onChange(toggled(key, event.target.checked))}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
