import type { KeyboardEvent } from 'react';

interface Props {
  yes: string;
  no: string;
  onYes: () => void;
  onNo: () => void;
}

/** Of a button that comes when another is pressed; outside of the component, so that it is called once and not with each render. */
export const takeFocus = (element: HTMLElement | null): void => element?.focus();

/** Whether a key press is an answer to a question, and no business of what is around it. */
export const isAnswer = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('[data-question]') !== null;

/** Asks again before something is lost. The harmless answer has the focus, and the place of the button that was pressed. */
export function Confirm({ yes, no, onYes, onNo }: Props) {
  const escape = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onNo();
  };
  return (
    <>
      <button type="button" className="small danger" data-question onKeyDown={escape} onClick={onYes}>
        {yes}
      </button>
      <button
        ref={takeFocus}
        type="button"
        className="quiet small"
        data-question
        onKeyDown={escape}
        onClick={onNo}
      >
        {no}
      </button>
    </>
  );
}
