/**
 * The one error type of the project. Match errors by `code`, never by class: instances lose their class when they
 * cross a worker or a process.
 *
 * A good message answers four questions: what failed, what was expected, what was found, what to do about it.
 */
import { nearest } from './nearest.ts';
import { cut } from './text.ts';

/** Of many names, so many are listed. */
const MOST_NAMED = 20;
/** An error may hold a whole answer or file. */
const MOST_MESSAGE_CHARS = 2000;
const MOST_STACK_CHARS = 8000;
const MOST_CODE_CHARS = 100;

export interface ErrorDetails {
  /** What would have been right, in a few words. */
  readonly expected?: string;
  /** What was found instead. */
  readonly got?: string;
  /** What the reader can do about it. */
  readonly hint?: string;
  /** In place of a hint: the names of which `got` is none. The closest one is named, else they are listed. */
  readonly known?: readonly string[];
  /**
   * The option of the node that the error is about (`model`, `zones.sky.points`): the check names its line. Trying
   * again can't help then, unless `permanent` says otherwise.
   */
  readonly option?: string;
  /** Id of the graph node that failed; the runtime fills it in. */
  readonly node?: string;
  /** `file:line:column` of the user's text or code that the error is about. */
  readonly at?: string;
  /** True when trying again cannot help (a missing file, a bad model): the session fails instead of restarting. */
  readonly permanent?: boolean;
  readonly cause?: unknown;
}

/** An error as plain data: what crosses workers, processes and the wire. */
export interface ErrorRecord {
  readonly code: string;
  readonly message: string;
  readonly node?: string;
  readonly at?: string;
  readonly option?: string;
  readonly permanent: boolean;
  readonly stack?: string;
}

export class WindhoverError extends Error {
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(code: string, what: string, details: ErrorDetails = {}) {
    super(sentence(what, details), { cause: details.cause });
    this.name = 'WindhoverError';
    this.code = code;
    this.details = details.option === undefined ? details : { permanent: true, ...details };
  }
}

/**
 * Turns anything thrown into an {@link ErrorRecord}.
 * @param context fills `node` and `at` where the error itself does not name them
 */
export function toRecord(error: unknown, context: { node?: string; at?: string; code?: string } = {}): ErrorRecord {
  const details = error instanceof WindhoverError ? error.details : {};
  const stack = error instanceof Error && typeof error.stack === 'string' ? error.stack : '';
  const node = details.node ?? context.node;
  const at = details.at ?? context.at;
  return {
    code: errorCode(error) ?? context.code ?? 'unexpected',
    message: errorMessage(error),
    permanent: details.permanent ?? false,
    ...(node === undefined ? {} : { node }),
    ...(at === undefined ? {} : { at }),
    ...(details.option === undefined ? {} : { option: details.option }),
    ...(stack === '' ? {} : { stack: cut(stack, MOST_STACK_CHARS) }),
  };
}

/** The error of a record, as far as the record holds it. */
export function fromRecord({ code, message, stack, ...details }: ErrorRecord): WindhoverError {
  const error = new WindhoverError(code, message, details);
  // Where it was unpacked says nothing of where it was thrown.
  return Object.assign(error, { stack: stack ?? '' });
}

/** The error's stable code, if it has one; works on errors from other workers and from Node and Bun. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' && code.length <= MOST_CODE_CHARS ? code : undefined;
}

/** What anything thrown says, not too long. */
export function errorMessage(error: unknown): string {
  const unknown = `something without a text was thrown (${typeof error})`;
  try {
    return cut(textOf(error) || unknown, MOST_MESSAGE_CHARS);
  } catch {
    return unknown;
  }
}

function textOf(error: unknown): string {
  if (error instanceof Error) return String(error.message) || error.name;
  const isPlain = typeof error === 'object' && error !== null;
  return isPlain ? JSON.stringify(error) : String(error);
}

function sentence(what: string, details: ErrorDetails): string {
  let text = what;
  if (details.expected !== undefined) text += `; expected ${details.expected}`;
  if (details.got !== undefined) text += `${details.expected === undefined ? ';' : ','} got ${details.got}`;
  const hint = details.hint ?? (details.known && meant(details.got ?? '', details.known));
  if (hint !== undefined) text += ` (${hint})`;
  return text;
}

function meant(name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  if (close !== null) return `did you mean ${close}?`;
  return `known: ${known.slice(0, MOST_NAMED).join(', ') || 'none'}${known.length > MOST_NAMED ? ', …' : ''}`;
}
