import { useId, useState } from 'react';

interface Props {
  label: string;
  value: string;
  onChange: (text: string) => string | null;
  disabled?: boolean;
  title?: string;
}

/** A short list or word, applied when the field is left or Enter is pressed. */
export function TextField({ label, value, onChange, disabled = false, title }: Props) {
  const id = useId();
  const [draft, setDraft] = useState<{ text: string; problem: string | null } | null>(null);
  const commit = () => {
    if (!draft) return;
    const problem = onChange(draft.text);
    setDraft(problem === null ? null : { text: draft.text, problem });
  };
  return (
    <div className="field wide" title={title}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        value={draft?.text ?? value}
        disabled={disabled}
        aria-invalid={Boolean(draft?.problem)}
        aria-describedby={draft?.problem ? `${id}-problem` : undefined}
        onChange={(event) => setDraft({ text: event.target.value, problem: null })}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
      {draft?.problem && (
        <p id={`${id}-problem`} className="field-problem">
          {draft.problem}
        </p>
      )}
    </div>
  );
}
