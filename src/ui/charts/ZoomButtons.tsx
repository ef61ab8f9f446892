import type { Zoom } from './useZoom.ts';
import { zoomStep } from './useZoom.ts';

/** The same as dragging a rectangle, the wheel with Ctrl, and the keys + − 0. */
export function ZoomButtons({ zoom }: { zoom: Zoom }) {
  return (
    <div className="zoom" role="group" aria-label="Zoom">
      <ZoomButton name="Zoom in" keys="+" sign="+" onPress={() => zoom.scale(1 / zoomStep)} />
      <ZoomButton
        name="Zoom out"
        keys="−"
        sign="−"
        disabled={zoom.extent === null}
        onPress={() => zoom.scale(zoomStep)}
      />
      <ZoomButton name="Reset zoom" keys="0" sign="⤢" disabled={zoom.extent === null} onPress={zoom.reset} />
    </div>
  );
}

interface ButtonProps {
  name: string;
  keys: string;
  sign: string;
  disabled?: boolean;
  onPress: () => void;
}

/** Not `disabled`, which would take the focus away from whoever presses it until nothing is left to do. */
function ZoomButton({ name, keys, sign, disabled = false, onPress }: ButtonProps) {
  return (
    <button
      type="button"
      className="icon"
      aria-label={name}
      aria-disabled={disabled}
      title={`${name} (${keys})`}
      onClick={disabled ? undefined : onPress}
    >
      {sign}
    </button>
  );
}
