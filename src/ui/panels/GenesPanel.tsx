import { memo } from 'react';
import { useStore } from 'zustand';
import { againstOriginal, chosenRow } from '../../session/againstOriginal.ts';
import type { AgainstOriginal } from '../../session/againstOriginal.ts';
import { compact, percent, pointScoreText, scoreText } from '../../session/format.ts';
import { geneGrid } from '../../session/genes.ts';
import type { GeneCell, GeneRow } from '../../session/genes.ts';
import type { SessionView } from '../../session/view.ts';
import { deviceUseText } from '../../state/deviceUse.ts';
import { choosePoint, runStore } from '../../state/run.ts';
import { isFinishedHere, sessionStore } from '../../state/session.ts';
import { ChartTable } from '../charts/ChartTable.tsx';
import { choiceText } from '../charts/geneText.ts';
import { markOf, markTitles } from '../../session/plot/marks.ts';
import { thirdText, thirdTitles } from '../charts/pointText.ts';
import { Explain } from '../controls/Explain.tsx';
import { Facts } from '../controls/Facts.tsx';
import { Panel } from '../controls/Panel.tsx';
import { useDeviceUse } from './useDeviceUse.ts';
import './genes.css';

/** More columns than this would be slivers; the table twin has all of them. */
const mostLayers = 96;

/** The sub-network that is looked at, or else the chosen one: what it keeps of each layer. */
export function GenesPanel() {
  const view = useStore(sessionStore, (state) => state.view);
  const inspected = useStore(sessionStore, (state) => state.inspected);
  const index = inspected ?? view.chosen?.index ?? null;
  const point = index === null ? undefined : view.points[index];
  if (!point) return null;
  const isChosen = index === view.chosen?.index;
  const kind = [markTitles[markOf(point)], ...(point.tag && point.violation > 0 ? ['infeasible'] : [])].join(
    ', ',
  );
  const objective = view.recipe?.search?.third;
  const third = objective ? thirdText(point, objective) : null;
  return (
    <Panel
      title="Sub-network"
      className="genes"
      aside={<Choice index={point.index} kind={kind} isChosen={isChosen} />}
    >
      <Facts
        facts={[
          [view.metric === 'accuracy' ? 'Accuracy' : 'Perplexity', pointScoreText(point, view.metric)],
          ['MACs a token', compact(point.macs)],
          ['Of maximum', view.maximalMacs > 0 ? percent(point.macs / view.maximalMacs, 0) : '–'],
          ...(objective && third !== null ? [[thirdTitles[objective], third] as const] : []),
        ]}
      />
      {point.genome && view.groups.length > 0 ? (
        <Picture groups={view.groups} genome={point.genome} />
      ) : (
        <p className="hint">
          {point.tag === null
            ? 'Its genes were left out of the link to keep it short.'
            : 'It has no genes: nothing of it was left to the search.'}
        </p>
      )}
      {isChosen && <Measured view={view} />}
    </Panel>
  );
}

/** The chosen one's row of the results table in a sentence. */
function Measured({ view }: { view: SessionView }) {
  const row = chosenRow(view);
  if (!row) return null;
  const beside = againstOriginal(row, view);
  return (
    <p className="hint">
      On the test split <strong>{scoreText(row.score, view.metric)}</strong>
      {beside && (
        <>
          , <Verdict {...beside} />
        </>
      )}
      {row.speedup !== null && (
        <>
          , at <strong>{row.speedup.toFixed(2)} ×</strong> the original’s speed
        </>
      )}
      .
    </p>
  );
}

function Verdict({ text, verdict }: Pick<AgainstOriginal, 'text' | 'verdict'>) {
  return <strong className={verdict === 'worse' ? 'worse' : undefined}>{text}</strong>;
}

function Choice({ index, kind, isChosen }: { index: number; kind: string; isChosen: boolean }) {
  const canChoose = useStore(sessionStore, isFinishedHere);
  const choosing = useStore(runStore, (state) => state.choosing);
  const use = useDeviceUse();
  return (
    <>
      <span className="soft">{kind}</span>
      <Explain about="the picture of a sub-network">
        <p>
          One column a layer, one row a choice. The filled part of a bar is what this sub-network keeps of the
          width, the heads (KV groups) or the adapter rank; the number is how much that is. Where the search
          may remove whole blocks, a removed one is crossed out, and nothing else of its layer counts.
        </p>
      </Explain>
      {choosing === index && <span className="loading">Measuring…</span>}
      {isChosen && choosing === null && <span className="chip chosen">chosen</span>}
      {!isChosen && canChoose && choosing === null && (
        <button
          type="button"
          className="quiet small"
          disabled={use !== null}
          title={use === null ? undefined : deviceUseText[use]}
          onClick={() => void choosePoint(index)}
        >
          Choose
        </button>
      )}
    </>
  );
}

interface PictureProps {
  groups: SessionView['groups'];
  genome: readonly number[];
}

const Picture = memo(function Picture({ groups, genome }: PictureProps) {
  const rows = geneGrid(groups, genome);
  const layers = Math.min(mostLayers, rows[0]?.cells.length ?? 0);
  const blocks = rows.find(({ kind }) => kind === 'block');
  const isRemoved = (layer: number) => blocks?.cells[layer]?.value === 0;
  return (
    <div role="group" aria-label="Genes">
      <div
        className="gene-grid"
        aria-hidden="true"
        style={{ gridTemplateColumns: `max-content repeat(${layers}, minmax(2px, 1fr))` }}
      >
        {rows.map((row) => (
          <Row key={row.label} row={row} layers={layers} isRemoved={isRemoved} />
        ))}
        <span className="gene-label">layer</span>
        {Array.from({ length: layers }, (_, layer) => (
          <span key={layer} className="gene-layer">
            {layers <= 16 || layer % 4 === 0 ? layer : ''}
          </span>
        ))}
      </div>
      <ChartTable
        name="Genes data"
        head={['Gene', ...Array.from({ length: rows[0]?.cells.length ?? 0 }, (_, layer) => `Layer ${layer}`)]}
        rows={rows.map((row) => ({
          key: row.label,
          cells: [titleOf(row), ...row.cells.map((cell) => (cell ? choiceText(row.kind, cell.value) : '–'))],
        }))}
        visible={false}
      />
    </div>
  );
});

/** A block has one gene a layer, so what its modules are called says nothing more; the same for heads. */
const titleOf = ({ kind, label }: GeneRow): string => (kind === 'block' || kind === 'heads' ? kind : label);

interface RowProps {
  row: GeneRow;
  layers: number;
  isRemoved: (layer: number) => boolean;
}

function Row({ row, layers, isRemoved }: RowProps) {
  return (
    <>
      <span className="gene-label" title={row.label}>
        {titleOf(row)}
      </span>
      {row.cells.slice(0, layers).map((cell, layer) => (
        <Bar
          key={layer}
          cell={cell}
          kind={row.kind}
          numbers={layers <= 8}
          moot={row.kind !== 'block' && isRemoved(layer)}
        />
      ))}
    </>
  );
}

interface BarProps {
  cell: GeneCell | null;
  kind: GeneRow['kind'];
  numbers: boolean;
  /** The whole block is gone. */
  moot: boolean;
}

function Bar({ cell, kind, numbers, moot }: BarProps) {
  if (!cell) return <span className="gene-none" />;
  const text = choiceText(kind, cell.value);
  const isBlock = kind === 'block';
  return (
    <span
      className={`gene ${kind}`}
      data-moot={moot || undefined}
      data-removed={(isBlock && cell.value === 0) || undefined}
      title={isBlock ? text : `${text} of ${Math.max(...cell.group.choices)}`}
    >
      <span style={{ height: `${cell.fraction * 100}%` }} />
      {numbers && <b>{isBlock ? (cell.value > 0 ? '✓' : '✕') : text}</b>}
    </span>
  );
}
