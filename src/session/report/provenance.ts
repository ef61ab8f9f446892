import { memoryParts } from '../events.ts';
import type { Stage } from '../events.ts';
import { bytes, duration, integer } from '../format.ts';
import { leavesOf } from '../recipe-diff.ts';
import type { Recipe } from '../recipe.ts';
import { namedStages, stageTitles } from '../stageTitles.ts';
import { deviceText } from '../sessionDifferences.ts';
import type { SessionView } from '../view.ts';
import { html } from './html.ts';
import type { Markup, Part } from './html.ts';
import { settingNames } from './settingNames.ts';
import { facts, table } from './table.ts';

/** Every setting, section by section; where the method's preset has another value, that stands beside it. */
export function recipeSection(recipe: Recipe | null, preset: Recipe | null): Markup | null {
  if (!recipe) return null;
  const settings = settingsOf(recipe, preset);
  const sections = [...new Set(settings.map(({ section }) => section))];
  const changed = settings.filter(({ usual }) => usual !== null).length;
  const summary =
    changed === 0
      ? 'As preset for this method.'
      : `${integer(changed)} ${changed === 1 ? 'setting differs' : 'settings differ'} from the method’s preset.`;
  return html`<section>
    <h2>Recipe</h2>
    ${preset && html`<p class="soft">${summary}</p>`}
    <div class="beside recipe">
      ${sections.map((section) =>
        settingsTable(
          section,
          settings.filter((setting) => setting.section === section),
        ),
      )}
    </div>
  </section>`;
}

interface Setting {
  readonly section: string;
  /** In the page's words; what the page has none for, as the recipe has it. */
  readonly name: Part;
  readonly value: string;
  /** Of the preset, where that is another; null: as preset. */
  readonly usual: string | null;
}

const general = 'general';

function settingsOf(recipe: Recipe, preset: Recipe | null): Setting[] {
  const usually = new Map(preset ? leavesOf(preset) : []);
  const { version: _, ...settings } = recipe;
  return leavesOf(settings).map(([path, value]) => {
    const [first = '', ...others] = path.split('.');
    const usual = usually.get(path) ?? 'none';
    // A seed is no setting that could be usual.
    const isChanged = preset !== null && usual !== value && path !== 'seed';
    const [section, key] = others.length > 0 ? [first, others.join('.')] : [general, first];
    const name = settingNames.get(path) ?? html`<code>${key}</code>`;
    return { section, name, value, usual: isChanged ? usual : null };
  });
}

function settingsTable(section: string, settings: readonly Setting[]): Markup {
  const hasChanged = settings.some(({ usual }) => usual !== null);
  return html`<div>
    <h3>${titled(section)}</h3>
    ${table(
      `Recipe: ${section}`,
      ['Setting', 'Value', ...(hasChanged ? ['Preset'] : [])],
      settings.map(({ name, value, usual }) => ({
        cells: [name, value, ...(hasChanged ? [usual ?? ''] : [])],
        stress: usual === null ? '' : 'changed',
      })),
    )}
  </div>`;
}

/** What went in, by fingerprint: only these very files reproduce the run. */
export function inputsSection({ model, data }: SessionView): Markup | null {
  if (!model || !data) return null;
  const test = data.tests.map((each): readonly [string, Part] => [
    `Further test set: ${each.name}`,
    html`${integer(each.examples)} examples, ${bytes(each.bytes)}<br />${sha(each.sha256)}`,
  ]);
  return html`<section>
    <h2>Model and data</h2>
    ${facts([
      ['Model', model.name],
      ['Model, SHA-256', sha(model.sha256)],
      ['Architecture', `${model.architecture}, ${model.dtype}${model.form ? `, ${model.form}` : ''}`],
      ['Parameters', integer(model.parameters)],
      [
        'Shape',
        `${model.layers} layers, hidden ${model.hiddenSize}, FFN ${model.intermediateSize}, vocabulary ${integer(model.vocabSize)}`,
      ],
      ['File', bytes(model.bytes)],
      ['Data', `${data.name}, ${bytes(data.bytes)}`],
      ['Data, SHA-256', sha(data.sha256)],
      [
        'Examples',
        `${integer(data.train)} to train, ${integer(data.validation)} to search, ${integer(data.test)} to test, ${integer(data.tooLong)} left out as too long`,
      ],
      ...test,
    ])}
  </section>`;
}

const sha = (fingerprint: string): Markup => html`<code class="sha">${fingerprint}</code>`;

interface When {
  /** ISO date and time of the report. */
  readonly generated: string;
  readonly version: string | null;
}

/** Where it ran, how long, and on how much memory. */
export function environmentSection(view: SessionView, { generated, version }: When): Markup {
  const { device, date, elapsed, recipe, status } = view;
  return html`<section>
    <h2>Environment</h2>
    ${facts([
      ['Device', deviceText(device)],
      ['Started', dateText(date)],
      ['Took', `${duration(elapsed)}, ${status}`],
      ['Seed', recipe ? String(recipe.seed) : '–'],
      ['Report made', dateText(generated) + (version ? `, by Pare ${version}` : '')],
    ])}
    <div class="beside">${[stages(view), memory(view)]}</div>
    ${recoveries(view)}
  </section>`;
}

/** `2026-11-22 10:00 UTC`; what is no date is shown as it came. */
export function dateText(iso: string | null): string {
  const time = new Date(iso ?? '');
  if (Number.isNaN(time.getTime())) return iso || '–';
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export const titled = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

function stages(view: SessionView): Markup | null {
  const { stages: shown, status } = view;
  if (shown.length === 0) return null;
  const names = namedStages(view);
  // What a stage plans is an upper bound: once it is over, what it did is all there was.
  const isOver = (index: number) => index < shown.length - 1 || status === 'finished';
  return table(
    'Time by stage',
    ['Stage', 'Done', 'Took'],
    shown.map(({ done, total, startedAt, updatedAt, pausedFor }, index) => ({
      cells: [
        stageTitles[names[index]!],
        isOver(index) ? integer(done) : `${integer(done)} of ${integer(total)}`,
        duration(updatedAt - startedAt - pausedFor),
      ],
    })),
  );
}

/** Parts that are nowhere in use are left out. */
function memory({ memory: shown }: SessionView): Markup | null {
  if (shown.length === 0) return null;
  const parts = memoryParts.filter((part) => shown.some((each) => each.bytes[part] > 0));
  const total = (stage: Stage) =>
    shown.filter((each) => each.stage === stage).reduce((sum, { bytes: held }) => sum + sumOf(held), 0);
  return table(
    'Device memory by stage',
    ['Memory', ...shown.map(({ stage }) => stageTitles[stage])],
    [
      ...parts.map((part) => ({
        cells: [titled(part), ...shown.map(({ bytes: held }) => bytes(held[part]))],
      })),
      { cells: ['Total', ...shown.map(({ stage }) => bytes(total(stage)))], stress: 'total' },
    ],
  );
}

const sumOf = (held: Readonly<Record<string, number>>): number =>
  Object.values(held).reduce((sum, value) => sum + value, 0);

function recoveries({ recoveries: shown }: SessionView): Markup {
  if (shown.length === 0) return html`<p class="soft">The run was not interrupted.</p>`;
  return html`<h3>Interruptions</h3>
    ${table(
      'Interruptions',
      ['After', 'Cause', 'What happened', 'Went on', 'On'],
      shown.map(({ at, cause, message, exact, accumulation, device }) => ({
        cells: [
          duration(at),
          cause.replaceAll('-', ' '),
          html`<p class="long">${message}</p>`,
          [
            exact ? 'with the same bits' : 'within rounding',
            accumulation > 1 ? `batch in ${accumulation} parts` : '',
          ]
            .filter(Boolean)
            .join(', '),
          deviceText(device),
        ],
      })),
    )}`;
}

/** How somebody else gets the same. */
export function reproduceSection({ recipe }: SessionView, link: string | null): Markup | null {
  if (!recipe) return null;
  const shown = link !== null && /^https?:\/\//.test(link);
  return html`<section>
    <h2>Reproduce</h2>
    <p>
      ${
        shown
          ? html`Open <a href="${link}" rel="noreferrer">this session in Pare</a> (the whole search is in the
              link), drop the model and the data above, and press <b>Reproduce</b>.`
          : 'Open the session file (.pare) in Pare, drop the model and the data above, and press Reproduce.'
      }
      The same recipe, seed ${recipe.seed}, adapter and kernels give the same bits; another adapter gives the
      same front within a stated tolerance. Without a browser:
    </p>
    <pre><code>npm run -s pare -- reproduce ${shown ? 'LINK' : 'FILE'} --model MODEL --data DATA</code></pre>
  </section>`;
}
