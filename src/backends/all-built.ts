import type { Program } from './backend.ts';

/** Programs that are of use only together: where one of them cannot be built, the others are freed. */
export async function allBuilt(programs: readonly Promise<Program>[]): Promise<Program[]> {
  const results = await Promise.allSettled(programs);
  const built = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (!failed) return built;
  for (const program of built) program.dispose();
  throw failed.reason;
}
