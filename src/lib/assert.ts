/** A condition that only a programming mistake can break. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Assertion failed: ${message}`);
}

/** Names out of files can be of any length; messages cannot. */
const longest = 2000;

/**
 * An error for the person in front of the page: what is wrong, and what they can do about it.
 * `code` is stable (tests, the console and translations rely on it); `details` holds the numbers.
 */
export class PareError extends Error {
  readonly code: string;
  readonly remedy: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    remedy: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message.length > longest ? `${message.slice(0, longest)} …` : message);
    this.name = 'PareError';
    this.code = code;
    this.remedy = remedy;
    this.details = details;
  }
}
