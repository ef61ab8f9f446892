import { useMemo, useState } from 'react';
import { useStore } from 'zustand';
import { presets } from '../../recipes/presets.ts';
import { sectionsOf } from '../../session/comparison.ts';
import type { Section } from '../../session/comparison.ts';
import type { ComparisonRow } from '../../session/comparisonSchema.ts';
import { comparisonColumns } from '../../session/comparisonTable.ts';
import { historyStore } from '../../state/history.ts';
import { comparisonOf } from '../../state/results.ts';
import { groupRows } from './comparedGroups.ts';
import type { RecipeGroup } from './comparedGroups.ts';
import { RunList } from './RunList.tsx';

type Columns = ReturnType<typeof comparisonColumns>;

/** All finished runs of this page, the latest recipe first; what cannot be compared stands in a table of its own. */
export function ComparedResults() {
  const runs = useStore(historyStore, (state) => state.runs);
  const sections = useMemo(() => sectionsOf(comparisonOf(runs)), [runs]);
  return (
    <>
      <RunList />
      <SectionTables sections={sections} name="Results of all runs data" />
    </>
  );
}

interface TablesProps {
  sections: readonly Section[];
  /** Of the tables, before what each is about. */
  name: string;
}

export function SectionTables({ sections, name }: TablesProps) {
  if (sections.length === 0) return <p className="hint">No run has finished yet.</p>;
  return sections.map((section, index) => (
    <SectionTable
      key={index}
      name={name}
      section={section}
      titled={sections.length > 1}
      latest={index === 0}
    />
  ));
}

interface SectionProps {
  name: string;
  section: Section;
  /** Which model and data it is about, where there are several. */
  titled: boolean;
  latest: boolean;
}

function SectionTable({ name, section, titled, latest }: SectionProps) {
  const shown = comparisonColumns(section.rows);
  const groups = groupRows(section.rows);
  const about = `${section.model.name} on ${section.data.name}`;
  return (
    <>
      {titled && <h3 className="section-name">{about}</h3>}
      <div className="scroll" tabIndex={0} role="group" aria-label={`${name}: ${about}, scrolling`}>
        <table className="compared" aria-label={`${name}: ${about}`}>
          <thead>
            <tr>
              {shown.map((column) => (
                <th key={column.title} scope="col" title={column.about}>
                  {column.title}
                </th>
              ))}
            </tr>
          </thead>
          {groups.map((group, index) => (
            <GroupRows key={group.key} group={group} columns={shown} opened={latest && index === 0} />
          ))}
        </table>
      </div>
    </>
  );
}

interface GroupProps {
  group: RecipeGroup;
  columns: Columns;
  opened: boolean;
}

/** A recipe's rows under its name and seeds; closed, the model that it ended in stands for it. */
function GroupRows({ group, columns, opened }: GroupProps) {
  const [open, setOpen] = useState<boolean | null>(null);
  const isOpen = open ?? opened;
  const { method, seeds, variant, rows, outcome } = group;
  const title = `${presets[method].label} · ${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
  return (
    <tbody>
      <tr className="group-head">
        <th colSpan={columns.length} scope="rowgroup">
          <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {title}
          </button>
          {variant && <span className="variant">{variant}</span>}
        </th>
      </tr>
      {(isOpen ? rows : [outcome]).map((row) => (
        <Row key={`${row.tag} ${row.label} ${row.seeds.join()}`} row={row} columns={columns} />
      ))}
    </tbody>
  );
}

function Row({ row, columns }: { row: ComparisonRow; columns: Columns }) {
  return (
    <tr data-chosen={row.tag === 'chosen'}>
      {/* The variant stands in the group's heading, once. */}
      <th scope="row">{row.label}</th>
      {columns.slice(1).map((column) => (
        <td key={column.title} title={String(column.value(row))}>
          {column.text(row)}
        </td>
      ))}
    </tr>
  );
}
