/** Arguments of a call, from the query or from a JSON body, checked one by one. */
import { invalid } from './api-error.ts';

export class Arguments {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(values: Iterable<readonly [string, unknown]>) {
    this.#values = new Map(values);
  }

  /** @throws ApiError for a body that is no JSON object */
  static ofBody(text: string): Arguments {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw invalid('the body is not JSON');
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('the body is no object');
    return new Arguments(Object.entries(value));
  }

  text(name: string): string | null {
    const value = this.#values.get(name);
    return typeof value === 'string' ? value : null;
  }

  /** Null: not given. @throws ApiError unless it is a number in the range */
  number(name: string, min: number, max: number): number | null {
    const given = this.#values.get(name);
    if (given === undefined) return null;
    const value = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
    if (typeof value === 'number' && value >= min && value <= max) return value;
    throw invalid(`${name} must be a number from ${min} to ${max}`);
  }

  /** @throws ApiError also when it is not given */
  needed(name: string, min: number, max: number): number {
    const value = this.number(name, min, max);
    if (value === null) throw invalid(`${name} is missing`);
    return value;
  }
}
