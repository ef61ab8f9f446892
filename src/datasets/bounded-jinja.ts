/**
 * A Jinja interpreter for programs of strangers: bounded in its steps, its time, what a value may hold, and what a single
 * step may make. Most steps give no more than they are given; the few that multiply (`indent`, `join`, `replace`,
 * `tojson`) are held against their operands before they run.
 */
import type { Interpreter } from '@huggingface/jinja';

const mostSteps = 500_000;
const mostSeconds = 1;
/** Characters that a single step may make of values that are each within bounds. */
const mostAtOnce = 2 ** 22;

type Evaluate = Interpreter['evaluate'];
type Node = NonNullable<Parameters<Evaluate>[0]>;
type Value = ReturnType<Evaluate>;

/** How much there is of a value: characters and entries, what is shared as often as it is named; and how deep it is. */
interface Extent {
  readonly size: number;
  readonly depth: number;
}

/** A step that is being taken, and the values that it has asked for so far. */
interface Step {
  readonly kind: Multiplying | 'member';
  readonly given: { readonly value: unknown; readonly extent: Extent }[];
}

const multiplying = ['indent', 'join', 'replace', 'tojson'] as const;
type Multiplying = (typeof multiplying)[number];

/** `evaluate` is where each step passes. `most`: characters and entries that a value may hold. */
export function boundedInterpreter(Base: typeof Interpreter) {
  return class extends Base {
    readonly #most: number;
    readonly #deadline = performance.now() + 1000 * mostSeconds;
    #steps = 0;
    #step: Step | null = null;

    constructor(environment: ConstructorParameters<typeof Interpreter>[0], most: number) {
      super(environment);
      this.#most = most;
    }

    override evaluate(...[statement, environment]: Parameters<Evaluate>): Value {
      this.#steps++;
      const late = performance.now() > this.#deadline;
      if (late || this.#steps > mostSteps) throw new Error('it takes too long');
      const asking = this.#step;
      const step = statement ? stepOf(statement) : null;
      this.#step = step;
      const value = super.evaluate(statement, environment);
      this.#step = asking;
      const extent = extentOf(value.value, this.#most);
      if (extent.size > this.#most) throw new Error('it writes too much');
      if (asking) {
        asking.given.push({ value: value.value, extent });
        requireRoom(growth(asking));
      }
      return step?.kind === 'member' ? boundedMethod(value, step) : value;
    }
  };
}

function stepOf(statement: Node): Step | null {
  if (statement.type === 'MemberExpression') return { kind: 'member', given: [] };
  const { filter } = statement as { filter?: { callee?: { value?: unknown }; args?: readonly Node[] } };
  const kind = multiplying.find((name) => name === filter?.callee?.value);
  if (!kind) return null;
  // Both hide which value is which; templates in the wild have neither.
  if (statement.type !== 'FilterExpression') throw new Error(`it uses ${kind} on a block`);
  if (filter?.args?.some(({ type }) => type === 'SpreadExpression'))
    throw new Error(`it spreads the arguments of ${kind}`);
  return { kind, given: [] };
}

/** Characters that a step can make of what it was given, at most. */
function growth({ kind, given }: Step): number {
  const [operand, ...rest] = given;
  if (!operand || kind === 'member') return 0;
  if (kind === 'replace') {
    const [from, to] = rest;
    return from && to ? replaced(operand.extent.size, from.extent.size, to.extent.size) : 0;
  }
  const each = rest.reduce(
    (sum, { value, extent }) => sum + (typeof value === 'number' ? Math.abs(value) : extent.size),
    0,
  );
  return operand.extent.size * each * (kind === 'tojson' ? operand.extent.depth : 1);
}

const replaced = (size: number, from: number, to: number): number => ((size + 1) / Math.max(1, from)) * to;

/** `text.replace` is a function like any other, which can be called much later. */
function boundedMethod(method: Value, { given: [owner] }: Step): Value {
  const text = owner?.value;
  if (method.type !== 'FunctionValue' || typeof text !== 'string') return method;
  const call = method.value as (args: Value[], environment: unknown) => Value;
  const bounded = (args: Value[], environment: unknown) => {
    const [from, to] = args.map(({ value }) => (typeof value === 'string' ? value.length : 0));
    requireRoom(replaced(text.length, from ?? 0, to ?? 0));
    return call(args, environment);
  };
  return Object.create(method, { value: { value: bounded } }) as Value;
}

function requireRoom(characters: number): void {
  if (characters > mostAtOnce) throw new Error('it writes too much');
}

/** Looks no further than `most`: values that hold one another have no end. */
function extentOf(root: unknown, most: number): Extent {
  let size = 0;
  let depth = 0;
  const look = (value: unknown, level: number): void => {
    depth = Math.max(depth, level);
    size += typeof value === 'string' ? value.length : 1;
    if (Array.isArray(value)) {
      for (const each of value as { value: unknown }[]) if (size <= most) look(each.value, level + 1);
    } else if (value instanceof Map) {
      for (const [key, each] of value as Map<unknown, { value: unknown }>) {
        if (size > most) return;
        size += String(key).length;
        look(each.value, level + 1);
      }
    }
  };
  look(root, 1);
  return { size, depth };
}
