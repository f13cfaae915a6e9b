/** Faults of a graph: what is wrong, and where. A check collects all of them and throws nothing. */
import { maskPasswords } from '../secrets.ts';
import { cut, printable } from '../text.ts';

/** Where a value was written: in the graph file (1-based line and column), or in a `--set` argument. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
  /** The whole argument, as in `detect.confidence=3`; line and column are 0 then. */
  readonly set?: string;
}

export interface GraphFault {
  /** As the user named it. */
  readonly file: string;
  /** From 1; 0 for a fault of a `--set` argument. */
  readonly line: number;
  readonly column: number;
  /** Which setting, as in `nodes.detect.with.confidence`; empty for the file as a whole. */
  readonly path: string;
  /** Stable: `unknown_key`, `range`, `cycle`, … */
  readonly code: string;
  /** Holds no value that came from the environment. */
  readonly message: string;
  /** The parameter of the `--set` argument that it is about, as in `detect.confidence`; its value may be a secret. */
  readonly set?: string;
}

/** One line: `graphs/cam01.yaml:12:20 nodes.detect.with.confidence: must be …`, or `--set detect.confidence: must be …`. */
export function formatFault(fault: GraphFault): string {
  if (fault.set !== undefined) {
    // The argument names its own path; something inside of its value needs to be named.
    const isOwn = fault.path.replace('.with.', '.') === `nodes.${fault.set}`;
    return `--set ${fault.set}: ${isOwn || fault.path === '' ? '' : `${fault.path}: `}${fault.message}`;
  }
  const place = `${fault.file}:${fault.line}:${fault.column}`;
  return fault.path === '' ? `${place}: ${fault.message}` : `${place} ${fault.path}: ${fault.message}`;
}

/** One mistake may be made thousands of times; the rest are counted. */
const MAX_FAULTS = 200;
const MOST_MESSAGE_CHARS = 2000;
const MOST_QUOTED_CHARS = 80;

/** Collects the faults of one check. */
export class Faults {
  readonly #faults: GraphFault[] = [];
  #count = 0;

  constructor(readonly file: string) {}

  get count(): number {
    return this.#count;
  }

  add(at: TextPlace, path: string, code: string, message: string): void {
    if (++this.#count > MAX_FAULTS) return;
    const { line, column, set } = at;
    const where = set === undefined ? {} : { set: printable(maskPasswords(set.split('=', 1)[0] || set)) };
    this.#faults.push({
      file: this.file,
      line,
      column,
      path,
      code,
      message: cut(printable(message), MOST_MESSAGE_CHARS),
      ...where,
    });
  }

  /** In the order of the file, those of `--set` last; none twice. */
  list(): GraphFault[] {
    const seen = new Set<string>();
    const once = this.#faults.filter((fault) => {
      const text = formatFault(fault);
      return !seen.has(text) && seen.add(text);
    });
    const rank = (fault: GraphFault) => (fault.set === undefined ? 0 : 1);
    once.sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
    const [last, more] = [once.at(-1), this.#count - MAX_FAULTS];
    return last && more > 0 ? [...once, { ...last, path: '', code: 'more', message: `${more} more faults` }] : once;
  }
}

/** `nodes` + `detect` → `nodes.detect`; + 2 → `nodes[2]`; keys that are no plain word are quoted. */
export function joinPath(base: string, key: string | number): string {
  if (typeof key === 'number') return `${base}[${key}]`;
  if (!/^[\w-]+$/.test(key)) return `${base}[${JSON.stringify(cut(printable(key), MOST_QUOTED_CHARS))}]`;
  return base === '' ? key : `${base}.${key}`;
}

/** A user's text inside a message: one line, not too long, in single quotes, without passwords. */
export function quote(text: string): string {
  return `'${cut(printable(maskPasswords(text)), MOST_QUOTED_CHARS)}'`;
}
