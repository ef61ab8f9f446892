import type { SessionEvent } from '../src/session/events.ts';

/** Markup that would do something if it ever became more than text. It leaves `window.hacked` behind. */
export const markup = '"><img src=x onerror="hacked=1"><script>hacked=1</script>';

const texts = new Set([
  'name',
  'label',
  'adapter',
  'architecture',
  'id',
  'message',
  'remedy',
  'reason',
  'precision',
]);

/** A log with that in every text that somebody else may have written. */
export const withMarkup = (log: readonly SessionEvent[]): SessionEvent[] => log.map((event) => dirty(event));

function dirty<T>(value: T, key = ''): T {
  if (typeof value === 'string') return (texts.has(key) ? value + markup : value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => dirty(item)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, dirty(item as unknown, name)]),
  ) as T;
}
