/**
 * `server.yaml`: which sinks are on, and their options. Read and checked as graphs are: `${VAR}` from the environment, every
 * fault at once with its place.
 *
 *     history: { keep_days: 30 }      # a key is the name of a sink
 */
import { dirname, resolve } from 'node:path';
import { errorMessage } from '../errors.ts';
import { Faults, type GraphFault, joinPath } from '../graph/faults.ts';
import { editable } from '../graph/graph-schema.ts';
import { readDocument, readGraphText } from '../graph/load.ts';
import { checkParams, collectSecrets } from '../graph/params.ts';
import { type Entry, shownWithType, type Tree } from '../graph/tree.ts';
import { suggestion } from '../nearest.ts';
import type { TurnLimits } from '../session/turn-table.ts';
import { INFERENCE, type InferenceOptions, turnLimits } from './inference.ts';
import type { Sink } from './sink.ts';

export interface ServerConfig {
  /** As the user named it. */
  readonly file: string;
  readonly sinks: readonly ConfiguredSink[];
  /** How the sessions share the cores; undefined: as the system lets them. */
  readonly inference: TurnLimits | undefined;
  /** In the order of the file; with faults nothing of it counts. */
  readonly faults: readonly GraphFault[];
  /** Texts that logs and answers must not show. */
  readonly secrets: readonly string[];
}

export interface ConfiguredSink {
  readonly sink: Sink;
  /** Checked, with defaults filled in and paths made absolute. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface ConfigOptions {
  /** What keys may name. */
  readonly sinks: readonly Sink[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that a relative `file` counts from. */
  readonly cwd: string;
}

/**
 * Reads and checks a `server.yaml`. What is wrong with it is in `faults`; nothing is thrown for it.
 * @param file undefined: none; a sink that the environment switches on is on all the same
 */
export function readServerConfig(file: string | undefined, { sinks, env, cwd }: ConfigOptions): ServerConfig {
  const faults = new Faults(file ?? ENVIRONMENT);
  const secrets = new Set<string>();
  const read = file === undefined ? undefined : readFile(file, { sinks, env, cwd }, secrets, faults);
  const all = sinks.flatMap((sink) => {
    const named = read?.found.find((one) => one.sink === sink);
    const given = givenTo(sink, env, faults);
    if (!named && !given?.isOn) return [];
    return [{ sink, options: { ...given?.options, ...named?.options } }];
  });
  const usable = faults.count === 0 ? all : [];
  const inference = read?.inference && turnLimits(read.inference);
  return { file: file ?? ENVIRONMENT, inference, sinks: usable, faults: faults.list(), secrets: [...secrets] };
}

/** What stands for the file where there is none. */
const ENVIRONMENT = 'the environment';

/** What the file names. */
function readFile(file: string, { sinks, env, cwd }: ConfigOptions, secrets: Set<string>, faults: Faults) {
  const path = resolve(cwd, file);
  const document = readDocument(readGraphText(path), faults, { env, sets: [] }, 'the file is empty; it names sinks');
  const found: ConfiguredSink[] = [];
  let inference: InferenceOptions | undefined;
  for (const [name, entry] of document?.root.entries ?? []) {
    const sink = sinks.find((known) => known.name === name);
    const section = sink ?? (name === INFERENCE.name ? INFERENCE : undefined);
    collectSecrets(entry.value, section?.options, document?.env ?? new Map(), secrets, name);
    const bases = { graph: dirname(path), cwd };
    const options = section ? checkOptions(section, entry, bases, faults) : unknownSink(name, entry, sinks, faults);
    if (sink && options) found.push({ sink, options });
    else if (options) inference = options as InferenceOptions;
  }
  return { found, inference };
}

function givenTo(sink: Sink, env: ConfigOptions['env'], faults: Faults) {
  try {
    return sink.fromEnvironment?.(env);
  } catch (error) {
    faults.add({ line: 1, column: 1 }, sink.name, 'environment', errorMessage(error));
  }
}

function checkOptions(
  sink: Pick<Sink, 'name' | 'options'>,
  { key, value }: Entry,
  bases: { graph: string; cwd: string },
  faults: Faults,
) {
  const tree = value.type === 'map' ? value : undefined;
  if (!tree && !isNothing(value)) {
    faults.add(value.at, joinPath('', sink.name), 'type', `must be a mapping, got ${shownWithType(value)}`);
    return null;
  }
  return checkParams({ schema: sink.options, tree, at: key, path: joinPath('', sink.name), bases }, faults);
}

/** `history:` alone: on, with its defaults. */
function isNothing(tree: Tree): boolean {
  return tree.type === 'scalar' && tree.value === null;
}

function unknownSink(name: string, { key }: Entry, sinks: readonly Sink[], faults: Faults): null {
  const known = [...sinks.map((sink) => sink.name), INFERENCE.name];
  faults.add(key, joinPath('', name), 'unknown_key', `no sink has this name${suggestion(name, known, 'sinks')}`);
  return null;
}

/** JSON Schema (draft-07) of `server.yaml`, for editors. */
export function serverFileSchema(sinks: readonly Sink[]): object {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Windhover server',
    description: 'What the server remembers, and which other systems it tells.',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      [...sinks, INFERENCE].map(({ name, doc, options }) => [
        name,
        { ...editable(options), type: ['object', 'null'], description: doc },
      ]),
    ),
  };
}
