import { PareError } from '../lib/assert.ts';
import { reportError } from './notices.ts';
import { platform } from './platform.ts';
import { sessionLog, sessionStore } from './session.ts';
import { shareLink } from './share.ts';

/** Saves the session on the page as one HTML file, for those who have no Pare. Its name; null where there is none. */
export async function saveReport(): Promise<string | null> {
  try {
    const log = sessionLog();
    if (log.length === 0)
      throw new PareError('report-empty', 'There is no session to report on yet.', 'Press Run first.');
    // Few need it, and only in the end.
    const { sessionReport } = await import('../recipes/session-report.ts');
    const name = fileName();
    await platform().save(name, sessionReport(log, { generated: new Date().toISOString(), link: link() }));
    return name;
  } catch (error) {
    reportError(error);
    return null;
  }
}

/** null: too long for a link; the report then asks for the session file. */
function link(): string | null {
  try {
    return shareLink().address;
  } catch (error) {
    if (error instanceof PareError) return null;
    throw error;
  }
}

function fileName(): string {
  const { model, recipe } = sessionStore.getState().view;
  const name = [model?.name, recipe?.method, 'report'].filter(Boolean).join('-');
  return `${name.replace(/[^\w.-]+/g, '-')}.html`;
}
