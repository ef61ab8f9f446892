import { Suspense, lazy, useMemo } from 'react';
import type { ReactNode } from 'react';
import { useStore } from 'zustand';
import type { MemoryPart } from '../../session/events.ts';
import { bytes, duration } from '../../session/format.ts';
import { stageTitles } from '../../session/stageTitles.ts';
import { axisWithin } from '../../session/plot/axis.ts';
import type { MemoryView, SessionView } from '../../session/view.ts';
import { sessionStore } from '../../state/session.ts';
import { durationAxis, withoutZeros } from '../charts/durationAxis.ts';
import { ChartFrame } from '../charts/ChartFrame.tsx';
import { ChartTable } from '../charts/ChartTable.tsx';
import { barsHeight } from '../charts/barsHeight.ts';
import { partsOf, timeByStage, totalBytes } from '../charts/resources.ts';
import { Explain } from '../controls/Explain.tsx';
import { Panel } from '../controls/Panel.tsx';
import './resources.css';

const ResourceBars = lazy(() => import('../charts/ResourceBars.tsx'));

/** Where the run's time and the device's memory go. */
export function ResourcesPanel() {
  const stages = useStore(sessionStore, ({ view }) => view.stages);
  const recipe = useStore(sessionStore, ({ view }) => view.recipe);
  const elapsed = useStore(sessionStore, ({ view }) => view.elapsed);
  const memory = useStore(sessionStore, ({ view }) => view.memory);
  if (stages.length === 0 && memory.length === 0) return null;
  return (
    <Panel title="Time and memory" className="resources" aside={<About />}>
      {stages.length > 0 && <TimeByStage stages={stages} elapsed={elapsed} recipe={recipe} />}
      {memory.length > 0 && <MemoryByStage memory={memory} />}
    </Panel>
  );
}

const timeAxis = (most: number) => durationAxis(most, 3);
const timeTick = (value: number) => withoutZeros(duration(value));
const bytesAxis = (most: number) => axisWithin(0, most, 3);
const bytesTick = (value: number) => (value === 0 ? '0' : withoutZeros(bytes(value)));

const timeSeries = [
  { name: 'worked', title: 'Worked' },
  { name: 'paused', title: 'Paused' },
];

function TimeByStage({ stages, elapsed, recipe }: Pick<SessionView, 'stages' | 'elapsed' | 'recipe'>) {
  const times = timeByStage({ stages, elapsed, recipe });
  const rows = times.map(({ stage, worked, paused }) => ({ label: stageTitles[stage], worked, paused }));
  const paused = times.some((time) => time.paused > 0);
  const series = paused ? timeSeries : timeSeries.slice(0, 1);
  return (
    <Bars rows={rows.length}>
      <ChartFrame
        title="Time by stage"
        reading={duration(elapsed)}
        renderChart={(size) => (
          <Suspense>
            <ResourceBars {...size} rows={rows} series={series} axis={timeAxis} tick={timeTick} />
          </Suspense>
        )}
        renderTable={(visible) => (
          <ChartTable
            name="Time by stage data"
            head={['Stage', 'Worked', 'Paused']}
            rows={rows.map(({ label, ...time }) => ({
              key: label,
              cells: [label, duration(time.worked), time.paused > 0 ? duration(time.paused) : '–'],
            }))}
            visible={visible}
          />
        )}
      />
      {paused && <Legend series={series} />}
    </Bars>
  );
}

const partTitles: Record<MemoryPart, string> = {
  weights: 'Weights',
  masks: 'Masks',
  codes: 'INT4 codes',
  adapters: 'Adapters',
  optimizer: 'Optimizer',
  activations: 'Activations',
  other: 'Other',
};

function MemoryByStage({ memory }: { memory: readonly MemoryView[] }) {
  const parts = useMemo(() => partsOf(memory), [memory]);
  const series = parts.map((part) => ({ name: part, title: partTitles[part] }));
  const rows = memory.map((each) => ({ label: stageTitles[each.stage], ...each.bytes }));
  const most = Math.max(...memory.map(totalBytes));
  return (
    <Bars rows={rows.length}>
      <ChartFrame
        title="Memory by stage"
        reading={`${bytes(most)} at most`}
        renderChart={(size) => (
          <Suspense>
            <ResourceBars {...size} rows={rows} series={series} axis={bytesAxis} tick={bytesTick} />
          </Suspense>
        )}
        renderTable={(visible) => (
          <ChartTable
            name="Memory by stage data"
            head={['Stage', ...parts.map((part) => partTitles[part]), 'Total']}
            rows={memory.map((each) => ({
              key: each.stage,
              cells: [
                stageTitles[each.stage],
                ...parts.map((part) => bytes(each.bytes[part])),
                bytes(totalBytes(each)),
              ],
            }))}
            visible={visible}
          />
        )}
      />
      <Legend series={series} />
    </Bars>
  );
}

function Bars({ rows, children }: { rows: number; children: ReactNode }) {
  return (
    <div className="bars" style={{ '--bars': `${barsHeight(rows)}px` } as React.CSSProperties}>
      {children}
    </div>
  );
}

function Legend({ series }: { series: readonly { name: string; title: string }[] }) {
  return (
    <ul className="bars-legend">
      {series.map(({ name, title }) => (
        <li key={name} className={`part-${name}`}>
          {title}
        </li>
      ))}
    </ul>
  );
}

function About() {
  return (
    <Explain about="time and memory">
      <p>
        <strong>Time</strong> is the clock’s, pauses apart; <strong>LoRA</strong> is the training of the plain
        adapter that the results compare with.
      </p>
      <p>
        <strong>Memory</strong> is what the run holds on the device. <strong>Activations</strong> are the
        intermediate results of one batch: a smaller batch, or shorter examples, need less.{' '}
        <strong>The optimizer</strong> keeps two numbers for each trained one.
      </p>
    </Explain>
  );
}
