import { compact, scoreText } from '../../session/format.ts';
import type { Point, SessionView } from '../../session/view.ts';
import { markTitles } from './marks.ts';

/** A point in words: under the pointer, under the keyboard's cursor, for a screen reader. */
export function pointText(point: Point, view: SessionView): string {
  const parts = [`${scoreText(point.score, view.metric)} at ${compact(point.macs)} MACs`];
  if (view.maximalMacs > 0)
    parts.push(`${((point.macs / view.maximalMacs) * 100).toFixed(0)} % of the maximum`);
  if (point.tag) parts.push(markTitles[point.tag].toLowerCase());
  else if (point.dominated) parts.push('dominated');
  else parts.push('on the front');
  if (point.index === view.chosen?.index) parts.push('chosen');
  return parts.join(' · ');
}
