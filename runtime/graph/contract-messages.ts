/**
 * Every message between a check (contract-process.ts) and the process that a user's node modules are loaded in
 * (contract-child.ts), and nothing else: one question at a time, each with one answer.
 */
import type { ErrorRecord } from '../errors.ts';
import type { PrepareContext } from '../node.ts';

export interface Question {
  readonly id: number;
  /** Absolute path of the module. */
  readonly module: string;
  /** The contract itself, or what one of its functions says. */
  readonly ask:
    | { readonly what: 'contract' }
    | { readonly what: 'validate' | 'pace'; readonly params: unknown; readonly prepare?: PrepareContext }
    | { readonly what: 'request'; readonly input: string; readonly params: unknown; readonly prepare: PrepareContext };
}

export type Answer = { readonly id: number } & ({ readonly result: unknown } | { readonly error: ErrorRecord });

/** Marks a function of a contract. */
export const CALLABLE = '@@function';
/** Before the name of a symbol: TypeBox keeps the kind of a schema under one. */
const SYMBOL = '@@symbol ';

/** A contract as data that a message can hold: symbols become names, and functions marks. */
export function toData(value: unknown): unknown {
  if (typeof value === 'function') return CALLABLE;
  if (Array.isArray(value)) return value.map(toData);
  if (!isPlain(value)) return value;
  const named = Object.entries(value).map(([key, each]) => [key, toData(each)]);
  const symbols = Object.getOwnPropertySymbols(value).map((symbol) => [
    `${SYMBOL}${Symbol.keyFor(symbol)}`,
    toData(Reflect.get(value, symbol)),
  ]);
  return Object.fromEntries([...named, ...symbols]);
}

/** The other way round; marks stay. */
export function fromData(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromData);
  if (!isPlain(value)) return value;
  const restored = Object.entries(value).map(([key, each]) => [
    key.startsWith(SYMBOL) ? Symbol.for(key.slice(SYMBOL.length)) : key,
    fromData(each),
  ]);
  return Object.fromEntries(restored);
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof RegExp) && !(value instanceof Date);
}
