/**
 * What a JSON report of Vitest or Playwright counted, as `passed failed skipped`; zeros where there is no report. A
 * test file that could not be loaded is a failure of its own: no test of it was counted.
 */
import { existsSync, readFileSync } from 'node:fs';

const [path] = process.argv.slice(2);
console.log(
  (path && existsSync(path) ? counts(JSON.parse(readFileSync(path, 'utf8'))) : [0, 0, 0]).join(' '),
);

function counts({ stats, errors, testResults, numPassedTests, numPendingTests, numTodoTests }) {
  if (stats) return [stats.expected, stats.unexpected + stats.flaky + errors.length, stats.skipped];
  const tests = testResults.flatMap((file) => file.assertionResults);
  const unloaded = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  );
  const failed = tests.filter(({ status }) => status === 'failed').length + unloaded.length;
  return [numPassedTests, failed, numPendingTests + numTodoTests];
}
