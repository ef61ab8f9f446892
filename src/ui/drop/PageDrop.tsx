import { useEffect, useState } from 'react';
import { openDropped } from '../../state/intake.ts';
import { reportError } from '../../state/notices.ts';
import { droppedFiles } from './droppedFiles.ts';
import './drop.css';

const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false;

/** The whole page takes files; while some hang over it, it says so. */
export function PageDrop() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    const move = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      droppedFiles(event.dataTransfer).then(openDropped).catch(reportError);
    };
    window.addEventListener('dragenter', move, { signal });
    window.addEventListener('dragover', move, { signal });
    window.addEventListener('dragleave', leave, { signal });
    window.addEventListener('drop', drop, { signal });
    return () => listening.abort();
  }, []);
  if (!over) return null;
  return (
    <div className="page-drop" aria-hidden="true">
      <div>
        <strong>Drop it</strong>
        <span>A model folder, data, or a saved session. It stays on this machine.</span>
      </div>
    </div>
  );
}
