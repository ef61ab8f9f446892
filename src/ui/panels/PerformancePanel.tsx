import { Suspense, lazy } from 'react';
import { useStore } from 'zustand';
import { ceilingsOf, pointsOf } from '../../backends/measure/roofline.ts';
import { percent } from '../../session/format.ts';
import { deviceUseText } from '../../state/deviceUse.ts';
import { modelStore } from '../../state/model.ts';
import { measurePerformance, stopMeasuring } from '../../state/performance.ts';
import { performanceStore } from '../../state/performanceStore.ts';
import { backendName, figureText, kernelText, timingText } from '../../state/performanceText.ts';
import type { DevicePerformance, PerformanceReport } from '../../workers/studio.protocol.ts';
import { ChartFrame } from '../charts/ChartFrame.tsx';
import { ChartTable } from '../charts/ChartTable.tsx';
import { Explain } from '../controls/Explain.tsx';
import { Panel } from '../controls/Panel.tsx';
import { ProgressBar } from '../controls/ProgressBar.tsx';
import { PerformanceTables } from './PerformanceTables.tsx';
import { TakePerformance } from './TakePerformance.tsx';
import { useDeviceUse } from './useDeviceUse.ts';
import './performance.css';

const RooflineChart = lazy(() => import('../charts/RooflineChart.tsx'));

/** What this device makes of the open model's shape: measured when somebody asks. */
export function PerformancePanel() {
  const report = useStore(performanceStore, (state) => state.report);
  return (
    <Panel title="Performance" className="performance" aside={<About />}>
      <Measure again={report !== null} />
      {report && <Report report={report} />}
    </Panel>
  );
}

const reasonId = 'performance-blocked';

/** One button for both, so that whoever pressed it with a key still has it. */
function Measure({ again }: { again: boolean }) {
  const { progress, stopping } = useStore(performanceStore);
  const blocker = useBlocker();
  const name = again ? 'Measure this device again' : 'Measure this device';
  return (
    <div className="performance-row">
      <button
        type="button"
        className="quiet small"
        disabled={progress === null && blocker !== null}
        aria-disabled={stopping}
        aria-describedby={reasonId}
        onClick={() => void (progress === null ? measurePerformance() : stopMeasuring())}
      >
        {progress === null ? name : 'Stop measuring'}
      </button>
      {progress && <Measuring {...progress} />}
      {progress === null && (blocker !== null || !again) && (
        <span className="hint" id={reasonId}>
          {blocker ?? 'Half a minute; the model stays as it is.'}
        </span>
      )}
    </div>
  );
}

/** Why the device cannot be measured now; null where it can. */
function useBlocker(): string | null {
  const noModel = useStore(modelStore, ({ summary, loading }) => summary === null || loading !== null);
  const use = useDeviceUse();
  if (noModel) return 'Open a model first.';
  return use === null || use === 'measure' ? null : deviceUseText[use];
}

function Measuring({ done, total, what }: { done: number; total: number; what: string }) {
  return (
    <>
      <span className="hint">{what === '' ? 'Starting…' : `${what} …`}</span>
      <ProgressBar
        label="Measuring"
        done={done}
        total={total}
        text={total > 0 ? `${percent(done / total, 0)}: ${what}` : 'Starting'}
      />
    </>
  );
}

function Report({ report }: { report: PerformanceReport }) {
  return (
    <>
      <p className="hint" role="status">
        Measured on the shape of {report.model}, LoRA r = {report.rank}
      </p>
      <PerformanceTables devices={report.devices} />
      {report.devices.map((device) => (
        <Roofline key={device.backend + device.adapter} device={device} />
      ))}
      <TakePerformance report={report} />
    </>
  );
}

function Roofline({ device }: { device: DevicePerformance }) {
  const ceilings = ceilingsOf(device.ceilings);
  const points = pointsOf(device.kernelTimes.map((figure) => ({ ...figure, label: kernelText(figure) })));
  if (!ceilings || points.length === 0) return null;
  return (
    <div className="roofline" title={timingText(device) ?? undefined}>
      <ChartFrame
        title="Roofline"
        reading={`${figureText(ceilings.arithmetic)} GFLOP/s, ${figureText(ceilings.copy)} GB/s`}
        renderChart={(size) => (
          <Suspense fallback={<div className="chart-waiting" />}>
            <RooflineChart {...size} points={points} ceilings={ceilings} />
          </Suspense>
        )}
        renderTable={(visible) => (
          <ChartTable
            name="Roofline data"
            head={['Kernel', 'GFLOP/s', 'Of the line', 'FLOP a byte']}
            rows={points.map(({ label, intensity, rate }, index) => ({
              key: index,
              cells: [
                label,
                figureText(rate),
                percent(rate / Math.min(ceilings.arithmetic, intensity * ceilings.copy), 0),
                figureText(intensity),
              ],
            }))}
            visible={visible}
          />
        )}
      />
      <p className="hint">
        {backendName(device)}. {timingText(device)}
      </p>
    </div>
  );
}

function About() {
  return (
    <Explain about="performance">
      <p>
        Measures what this device can do at best (only multiplying and adding, only copying), and what Pare
        makes of it on the open model’s shape: tokens a second of training with adapters, evaluation and
        answering, and the time of each kernel.
      </p>
      <p>
        In the <strong>roofline</strong>, each point is a kernel: to the right, it computes more for every
        byte of its operands; upwards, it is faster. The line is what the device allows where every operand
        comes from memory: a kernel stands above it where its operands stay in caches.
      </p>
    </Explain>
  );
}
