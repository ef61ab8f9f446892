import { useMemo, useState } from 'react';
import type { SessionView } from '../../session/view.ts';
import { FrontPlot, wide } from './FrontPlot.tsx';
import { OverlayKeys } from './overlayKeys.tsx';
import { OverlayLayer } from './overlayLayer.tsx';
import { overlayAxes, stopsOf, stopText } from './overlaySeries.ts';
import type { Series, Stop } from './overlaySeries.ts';
import { useSize } from './useSize.ts';

interface Props {
  /** Those that are shown, all of one metric. */
  series: readonly Series[];
  metric: SessionView['metric'];
}

/** The fronts of several sessions over each other; nearer to the upper left corner is better. */
export default function OverlayChart({ series, metric }: Props) {
  const [hovered, setHovered] = useState<Stop | null>(null);
  const [cursor, setCursor] = useState<Stop | null>(null);
  const { ref, width, height } = useSize();
  const stops = useMemo(() => stopsOf(series), [series]);
  const axes = useMemo(() => overlayAxes(stops, metric, width >= wide), [stops, metric, width]);
  const shown = hovered ?? cursor;
  return (
    <div className="overlay-chart">
      <p className="front-reading">
        {shown ? stopText(shown) : 'Higher up is better, further left is cheaper. Point at a dot to read it.'}
      </p>
      <div className="front-area">
        <div className="chart-area" ref={ref} aria-hidden="true">
          {width > 0 && height > 0 && (
            <FrontPlot {...axes} {...{ metric, width, height }} cost="MACs a token" heuristic={null}>
              <OverlayLayer series={series} stops={stops} cursor={cursor} onHover={setHovered} />
            </FrontPlot>
          )}
        </div>
        <OverlayKeys stops={stops} cursor={cursor} onCursor={setCursor} />
      </div>
    </div>
  );
}
