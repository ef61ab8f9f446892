import { useRef } from 'react';
import { openDropped } from '../../state/intake.ts';
import { reportError } from '../../state/notices.ts';
import type { DroppedFile } from '../../workers/studio.protocol.ts';
import { pickedFiles } from './droppedFiles.ts';

interface Props {
  label: string;
  folder?: boolean;
  accept?: string;
  onFiles?: (files: DroppedFile[]) => Promise<void>;
  disabled?: boolean;
}

/** A file input that looks like the other buttons. Real input, real label: it works by keyboard and in tests. */
export function FilePicker({
  label,
  folder = false,
  accept,
  onFiles = openDropped,
  disabled = false,
}: Props) {
  const input = useRef<HTMLInputElement>(null);
  const take = () => {
    const files = pickedFiles(input.current?.files ?? null);
    if (input.current) input.current.value = '';
    if (files.length > 0) onFiles(files).catch(reportError);
  };
  return (
    <label className="button quiet small file-picker">
      <input
        ref={input}
        type="file"
        multiple
        disabled={disabled}
        onChange={take}
        {...(accept ? { accept } : {})}
        {...(folder ? { webkitdirectory: '' } : {})}
      />
      {label}
    </label>
  );
}
