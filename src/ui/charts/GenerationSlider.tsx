import { useEffect, useId, useState } from 'react';

interface Props {
  /** null: the latest, which a running search moves on. */
  generation: number | null;
  last: number;
  onChange: (generation: number | null) => void;
}

/** Milliseconds a generation, when the search is replayed. */
const pace = 500;

/** How the front grew: the search as it stood after any of its generations. */
export function GenerationSlider({ generation, last, onChange }: Props) {
  const id = useId();
  const [playing, setPlaying] = useState(false);
  const now = generation ?? last;
  const show = (wanted: number) => onChange(wanted >= last ? null : wanted);
  useEffect(() => {
    if (!playing) return undefined;
    const timer = setTimeout(() => {
      onChange(now + 1 >= last ? null : now + 1);
      if (now + 1 >= last) setPlaying(false);
    }, pace);
    return () => clearTimeout(timer);
  }, [playing, now, last, onChange]);
  const play = () => {
    if (!playing && generation === null) show(0);
    setPlaying(!playing);
  };
  return (
    <div className="generation">
      <button
        type="button"
        className="icon"
        aria-label={playing ? 'Pause the replay' : 'Replay the search'}
        title={playing ? 'Pause the replay' : 'Replay the search'}
        onClick={play}
      >
        {playing ? '❚❚' : '▶'}
      </button>
      <label htmlFor={id}>Generation</label>
      <input
        id={id}
        type="range"
        min={0}
        max={last}
        value={now}
        aria-valuetext={`${now} of ${last}`}
        onChange={(event) => {
          setPlaying(false);
          show(Number(event.target.value));
        }}
      />
      <output htmlFor={id}>
        {now} of {last}
      </output>
    </div>
  );
}
