/** The files of the autotrack bench: cameras (plants) and target paths, read and checked. */
import { readFileSync } from 'node:fs';
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { errorMessage, WindhoverError } from '../../runtime/errors.ts';
import { Faults, formatFault, joinPath } from '../../runtime/graph/faults.ts';
import { schemaFaults } from '../../runtime/graph/schema-errors.ts';
import { locate } from '../../runtime/graph/tree.ts';
import { parseTree } from '../../runtime/graph/yaml.ts';

const positive = (maximum: number) => Type.Number({ exclusiveMinimum: 0, maximum });
const motor = Type.Object({ max_deg_s: positive(2000), accel_deg_s2: positive(1e6) });

const plantSchema = Type.Object({
  name: Type.String({ minLength: 1 }),
  hfov_deg: Type.Number({ minimum: 0.5, maximum: 170 }),
  aspect: Type.Number({ minimum: 0.1, maximum: 10 }),
  pan: motor,
  tilt: motor,
  /** Absent: a camera without zoom. */
  zoom: Type.Optional(Type.Object({ max_x: Type.Number({ minimum: 1, maximum: 200 }), rate_x_s: positive(1000) })),
  command_delay_ms: Type.Number({ minimum: 0, maximum: 10_000 }),
  frame_delay_ms: Type.Number({ minimum: 0, maximum: 10_000 }),
  detect_hz: Type.Number({ minimum: 0.1, maximum: 200 }),
  /** Standard deviation of the box centre as a share of the box width. */
  noise_box: Type.Number({ minimum: 0, maximum: 5 }),
  /** Share of the pictures in which the target is not found. */
  miss: Type.Number({ minimum: 0, maximum: 0.99 }),
  seed: Type.Integer({ minimum: 0 }),
});

const pathSchema = Type.Object({
  name: Type.String({ minLength: 1 }),
  /** Time (s), pan, tilt, width (degrees). */
  target: Type.Array(
    Type.Tuple([Type.Number({ minimum: 0 }), Type.Number(), Type.Number({ minimum: -90, maximum: 90 }), positive(170)]),
    {
      minItems: 1,
    },
  ),
});

export type PlantSpec = Static<typeof plantSchema>;
export type TargetPath = Static<typeof pathSchema>;

/** @throws WindhoverError `bench_data` that names every fault with its place */
export function readPlants(file: string): PlantSpec[] {
  return readList<PlantSpec>(file, plantSchema, () => []);
}

/** @throws WindhoverError `bench_data` that names every fault with its place */
export function readPaths(file: string): TargetPath[] {
  return readList<TargetPath>(file, pathSchema, timeFaults);
}

interface Fault {
  readonly keys: readonly string[];
  readonly message: string;
}

/** Times must rise, and end after 0. */
function timeFaults({ target }: TargetPath): Fault[] {
  for (const [k, [timeS]] of target.entries()) {
    const beforeS = target[k - 1]?.[0];
    if (beforeS !== undefined && timeS <= beforeS) {
      return [
        {
          keys: ['target', String(k), '0'],
          message: `must be later than the sample before (${beforeS} s), got ${timeS}`,
        },
      ];
    }
  }
  const endS = target.at(-1)?.[0] ?? 0;
  return endS > 0 ? [] : [{ keys: ['target'], message: 'must end later than 0 s: that is how long it is run' }];
}

function readList<T extends { name: string }>(file: string, schema: TSchema, more: (entry: T) => Fault[]): T[] {
  const text = readText(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new WindhoverError('bench_data', `${file} is no JSON: ${errorMessage(error)}`);
  }
  const list = Type.Array(schema, { minItems: 1 });
  const faults: Fault[] = schemaFaults(list, value);
  if (faults.length === 0) {
    const names = new Set<string>();
    for (const [k, entry] of (value as T[]).entries()) {
      faults.push(...more(entry).map(({ keys, message }) => ({ keys: [String(k), ...keys], message })));
      if (names.has(entry.name))
        faults.push({ keys: [String(k), 'name'], message: `'${entry.name}' is taken already` });
      names.add(entry.name);
    }
  }
  if (faults.length > 0) throw new WindhoverError('bench_data', located(file, text, faults).join('\n'));
  return value as T[];
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new WindhoverError('bench_data', `can't read ${file}`, { cause: error, got: errorMessage(error) });
  }
}

/** `file:line:column [2].pan.max_deg_s: must be …`; very long files lose line and column. */
function located(file: string, text: string, faults: readonly Fault[]): string[] {
  const found = new Faults(file);
  const tree = parseTree(text, new Faults(file));
  for (const { keys, message } of faults) {
    const path = keys.reduce((base, key) => joinPath(base, /^\d+$/.test(key) ? Number(key) : key), '');
    found.add(tree === null ? { line: 1, column: 1 } : locate(tree, keys).at, path, 'bench_data', message);
  }
  return found.list().map(formatFault);
}
