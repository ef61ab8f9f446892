import { useStore } from 'zustand';
import { dismiss, noticeStore } from '../state/notices.ts';
import { RecoveryNote } from './panels/RecoveryNote.tsx';

/** Errors with what to do about them, and remarks. Alerts are spoken when they come. */
export function Notices() {
  const notices = useStore(noticeStore, (state) => state.notices);
  return (
    <div className="notices">
      {notices.map(({ id, kind, message, remedy, action }) => (
        <div key={id} className={`notice ${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
          <p>
            <strong>{message}</strong> {remedy}
          </p>
          {action && (
            <button type="button" className="quiet small" onClick={action.act}>
              {action.label}
            </button>
          )}
          <button type="button" className="icon" aria-label="Dismiss" onClick={() => dismiss(id)}>
            ✕
          </button>
        </div>
      ))}
      <RecoveryNote />
    </div>
  );
}
