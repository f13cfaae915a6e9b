/**
 * Which variables of the server's environment a caller may put into a graph. They hold the passwords of all cameras, so a
 * token of some cameras may use only those that the camera's graph names already.
 */
import type { Caller } from '../access/caller.ts';
import { WindhoverError } from '../errors.ts';

/**
 * @param before text of the camera's graph; empty: there is none
 * @param after what is to be in it: a value of JSON or YAML
 * @throws WindhoverError `forbidden`
 */
export function checkVariables({ cameras }: Caller, before: string, after: unknown): void {
  if (cameras === null) return;
  const known = namesIn(before);
  const foreign = [...namesIn(JSON.stringify(after) ?? '')].find((name) => !known.has(name));
  if (foreign === undefined) return;
  throw new WindhoverError('forbidden', `Forbidden: \${${foreign}} is not in the camera's graph`, {
    hint: 'a token of all cameras may use any variable of the environment',
  });
}

function namesIn(text: string): Set<string> {
  return new Set([...text.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name = '']) => name));
}
