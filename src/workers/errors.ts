import { PareError } from '../lib/assert.ts';

/**
 * Errors across a worker boundary. Structured clone drops the class and all fields of an Error but its message,
 * so a worker throws a plain object and the client makes the `PareError` again.
 */
export interface PlainError {
  code: string;
  message: string;
  remedy: string;
  details: Readonly<Record<string, unknown>>;
}

const unexpectedRemedy =
  'This is a fault in Pare. Reload the page; if it happens again, please report it with the message above.';

export function toPlainError(error: unknown): PlainError {
  if (error instanceof PareError) {
    const { code, message, remedy, details } = error;
    return { code, message, remedy, details: cloneable(details) };
  }
  if (isPlainError(error)) return error;
  const message = error instanceof Error ? error.message || error.name : String(error);
  return { code: 'unexpected', message, remedy: unexpectedRemedy, details: {} };
}

/** Whatever was thrown, as an error with a remedy. */
export function toPareError(error: unknown): PareError {
  if (error instanceof PareError) return error;
  const { code, message, remedy, details } = toPlainError(error);
  return new PareError(code, message, remedy, details);
}

/** The same functions, throwing plain errors: for the worker's `expose(throwingPlainErrors(api))`. */
export function throwingPlainErrors<T extends object>(api: T): T {
  return wrapFunctions(api, toPlainError);
}

/** The same functions, rejecting with `PareError`s: for the client. */
export function throwingPareErrors<T extends object>(api: T): T {
  return wrapFunctions(api, toPareError);
}

function wrapFunctions<T extends object>(api: T, convert: (error: unknown) => unknown): T {
  return new Proxy(api, {
    get(target, key, receiver) {
      const member: unknown = Reflect.get(target, key, receiver);
      if (typeof member !== 'function') return member;
      return async (...given: unknown[]): Promise<unknown> => {
        try {
          return await (Reflect.apply(member, target, given) as unknown);
        } catch (error) {
          throw convert(error);
        }
      };
    },
  });
}

function isPlainError(value: unknown): value is PlainError {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['code', 'message', 'remedy'].every((key) => typeof Reflect.get(value, key) === 'string')
  );
}

/** Details that cannot be cloned must not hide the error that they describe. */
function cloneable(details: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  try {
    return structuredClone(details);
  } catch {
    return {};
  }
}
