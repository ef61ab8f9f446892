import { expect, it } from 'vitest';
import { cpu } from '../backends/cpu.testing.ts';
import { genomeKey } from '../search/space.ts';
import { viewOf } from '../session/reduce.ts';
import { expectedOf } from '../session/reproduction.ts';
import { outcomeOf, shortRecipe } from './resume.testing.ts';
import { chooseAnother } from './run.ts';

it('scores to its end what the search left unfinished, once, and then chooses it', async () => {
  const { finished, log } = await outcomeOf(cpu, shortRecipe('lonas', { baseline: false }));
  const { searched, genome } = finished!;
  const other = searched.scored.find((each) => genomeKey(each.genome) !== genomeKey(genome))!;
  const logged = () =>
    log.filter(
      (event) => event.type === 'evaluated' && genomeKey(event.genome ?? []) === genomeKey(other.genome),
    );
  const before = logged().length;
  const [macs, loss] = other.objectives as [number, number];
  // As if all examples but one had been skipped.
  const bound = { ...other, objectives: [macs, loss - 1], unfinished: { seen: 1, of: 4 } };
  const scored = searched.scored.map((each) => (each === other ? bound : each));
  const next = await chooseAnother({ ...finished!, searched: { ...searched, scored } }, other.genome);
  expect(logged()).toHaveLength(before + 1);
  expect(logged().at(-1)).toMatchObject({ macs, score: -loss, generation: searched.generation });
  expect(expectedOf(viewOf(log))).toContainEqual({ genome: [...other.genome], macs, score: -loss });
  const first = await chooseAnother(next, genome);
  await chooseAnother(first, other.genome);
  expect(logged()).toHaveLength(before + 1);
});
