/** What commands have in common: their surroundings, their arguments, loading graphs. */
import { join, resolve } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { builtinNodes } from '../../nodes/index.ts';
import { errorMessage, WindhoverError } from '../errors.ts';
import { formatFault, type GraphFault } from '../graph/faults.ts';
import type { LoadOptions } from '../graph/load.ts';
import { readServerConfig, type ServerConfig } from '../sinks/config.ts';
import { builtinSinks } from '../sinks/index.ts';

/** Environment of a command, from the entry point: nothing else reads the process itself. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Folder of the project. */
  readonly root: string;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** SIGHUP: the terminal was closed. */
export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves at Ctrl-C, SIGTERM or SIGHUP. Later ones change nothing: closing takes milliseconds. */
export function interruption(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of STOP_SIGNALS) process.on(signal, () => resolve());
  });
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** `parseArgs`, with errors as one readable line. @throws WindhoverError `usage`; `help` when `--help` is asked for */
export function parseCommandLine<T extends Options>(args: string[], options: T, usage: string) {
  if (args.includes('--help') || args.includes('-h')) throw new WindhoverError('help', `usage: ${usage}`);
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new WindhoverError('usage', `${errorMessage(error)}\nusage: ${usage}`);
  }
}

/** @throws WindhoverError `usage` unless the text is a number in the range */
export function numberOption(name: string, text: string, range: { min: number; max: number }): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= range.min && value <= range.max) return value;
  throw new WindhoverError('usage', `--${name}`, { expected: `a number from ${range.min} to ${range.max}`, got: text });
}

/** Models by name are looked for in the project's own folder, then among the uploaded ones, which are beside the state. */
export function modelFolders(surroundings: Pick<Surroundings, 'cwd' | 'root'>, state?: string): string[] {
  return [join(surroundings.root, 'models'), join(stateFolder(state, surroundings), 'models')];
}

/** Where nodes keep what they learn: `--state`, or `.state` in the project's own folder. */
export function stateFolder(option: string | undefined, { cwd, root }: Pick<Surroundings, 'cwd' | 'root'>): string {
  return option === undefined ? join(root, '.state') : resolve(cwd, option);
}

/** Tokens, and the key of those that are signed. */
export function accessFolder(stateFolder: string): string {
  return join(stateFolder, 'access');
}

/** What graphs of a command line are checked with; `state` as --state says. */
export function loadOptions(surroundings: Surroundings, sets: readonly string[] = [], state?: string): LoadOptions {
  const { env, cwd } = surroundings;
  return { builtins: builtinNodes, env, sets, cwd, prepare: { modelFolders: modelFolders(surroundings, state) } };
}

/** The `server.yaml` of a command line, if one was named, and what the environment switches on. */
export function serverConfig(file: string | undefined, { env, cwd }: Surroundings): ServerConfig {
  return readServerConfig(file, { sinks: builtinSinks, env, cwd });
}

/** Prints faults of graphs and of `server.yaml`. @returns true when there are some */
export function printFaults(faults: readonly GraphFault[], { stderr }: Surroundings): boolean {
  for (const fault of faults) stderr.write(`${formatFault(fault)}\n`);
  return faults.length > 0;
}
