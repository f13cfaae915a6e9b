/** The command line of a bench. */
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { numberOption } from '../runtime/cli/command.ts';
import { errorMessage, WindhoverError } from '../runtime/errors.ts';

type Defaults = Readonly<Record<string, string | number | boolean>>;
type Read<T extends Defaults> = {
  readonly [K in keyof T]: T[K] extends number ? number : T[K] extends boolean ? boolean : string;
};

const MOST = 1e6;

/**
 * Options by name, from what they are when nothing is said: `--seconds 6` for a number, 0 or more, `--turns` for what is
 * false. @throws WindhoverError `usage`
 */
export function benchOptions<const T extends Defaults>(
  defaults: T,
  args: readonly string[] = Bun.argv.slice(2),
): Read<T> {
  const texts: Readonly<Record<string, unknown>> = readTexts(defaults, args);
  const values = Object.entries(defaults).map(([name, known]) => {
    const text = texts[name];
    if (text === undefined) return [name, known];
    return [name, typeof known === 'number' ? numberOption(name, String(text), { min: 0, max: MOST }) : text];
  });
  return Object.fromEntries(values);
}

function readTexts(defaults: Defaults, args: readonly string[]) {
  const options = Object.entries(defaults).map(([name, known]) => {
    return [name, { type: typeof known === 'boolean' ? 'boolean' : 'string' } as const];
  });
  try {
    return parseArgs({ args: [...args], options: Object.fromEntries(options) }).values;
  } catch (error) {
    const hint = `\`bun run bench ${basename(Bun.main, '.ts')} --help\` lists the options`;
    throw new WindhoverError('usage', errorMessage(error), { hint });
  }
}
