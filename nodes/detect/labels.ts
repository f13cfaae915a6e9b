/**
 * Names of a model's classes: from the option `class_names`, else the metadata of the file, else the option `labels`,
 * else, for models that have exactly the columns of a COCO model, the COCO names (said in the log and in the gauge
 * `labels`). Any other model without names is refused: a wrong name is worse than none.
 */
import { existsSync, readFileSync } from 'node:fs';
import { errorMessage, WindhoverError } from '../../runtime/node.ts';
import { COCO_80, COCO_91 } from './coco.ts';

/** Class names as they were given. */
export interface GivenNames {
  /** By class number; `''` for a number that stands for nothing (background). */
  readonly names: readonly string[];
  /** Where they come from, for the gauge and for messages. */
  readonly source: string;
}

/** Class names as the model's columns need them. */
export interface Labels extends GivenNames {
  /** True when they were not given but inferred: COCO, by the number of columns. */
  readonly assumed: boolean;
}

/**
 * Names from the option, else from the metadata; null when neither has any.
 * @param option a list, `coco80`, `coco91`, or the path of a text file with one name a line (or a JSON list or map)
 * @throws WindhoverError (permanent) `model_labels_invalid` when they can't be read
 */
export function givenNames(
  option: readonly string[] | string | undefined,
  metadata: Readonly<Record<string, string>>,
): GivenNames | null {
  if (option === 'coco80') return { names: COCO_80, source: 'coco80' };
  if (option === 'coco91') return { names: COCO_91, source: 'coco91' };
  if (typeof option === 'string') return { names: namesFromFile(option, 'class_names'), source: option };
  if (option !== undefined) return { names: option, source: 'class_names' };
  // Other exporters note them under other keys; a number there says how many, not which.
  const text = NAME_KEYS.map((key) => metadata[key]?.trim() ?? '').find((one) => !/^\d*$/.test(one));
  return text === undefined ? null : { names: parseNames(text, "the model's metadata"), source: 'model' };
}

const NAME_KEYS = ['names', 'class_names', 'classes', 'labels'];

/** Number of the first class that stands for nothing; null: each stands for something. */
export function backgroundOf(names: readonly string[]): number | null {
  const found = names.findIndex(isBackground);
  return found < 0 ? null : found;
}

function isBackground(name: string): boolean {
  return /^_*(|background|bg|no.object)_*$/i.test(name);
}

/**
 * The option `labels` as a list; undefined when it is not set.
 * @param option a list, one label, or the path of a file with one a line
 * @throws WindhoverError (permanent) `model_labels_invalid` when the file can't be read
 */
export function labelList(option: readonly string[] | string | undefined): readonly string[] | undefined {
  if (typeof option !== 'string') return option;
  return /[/\\.]/.test(option) ? namesFromFile(option, 'labels') : [option];
}

/**
 * What `labels` is for. A model with names of its own is limited to them; so is one that counts as a COCO model. For
 * any other model, and for one that gets exactly as many as it has classes, they are the names that it lacks.
 */
export function labelsAreNames(labels: readonly string[] | undefined, columns: number | null): boolean {
  if (labels === undefined) return false;
  return columns === null || cocoNames(columns) === null || labels.length === columns;
}

/** The names of a model that has the class columns of a COCO model: 80, or 90 or 91 with the ids not in use. */
function cocoNames(columns: number): readonly string[] | null {
  if (columns === 80) return COCO_80;
  if (columns === 91) return COCO_91;
  return columns === 90 ? COCO_91.slice(1) : null;
}

/**
 * Fits names to the class columns of a model; null columns: the shapes do not tell how many classes there are.
 * @param spare a column may stand for nothing: the last one where it has no name
 * @throws WindhoverError (permanent) `model_labels_missing` or `model_label_count`
 */
export function fitLabels(given: GivenNames | null, columns: number | null, spare = false): Labels {
  if (given === null) {
    const coco = columns === null ? null : cocoNames(columns);
    if (coco !== null) return { names: coco, source: `coco${columns} (assumed)`, assumed: true };
    throw new WindhoverError('model_labels_missing', 'the model has no class names', {
      option: 'model',
      expected: columns === null ? 'class names' : `${columns} class names`,
      got: 'none',
      hint: "set 'class_names' to a list, a text file, or coco80",
    });
  }
  const { source } = given;
  const names = spare ? given.names.map((name) => (isBackground(name) ? '' : name)) : given.names;
  if (names.every((name) => name === '')) throw invalid(source, 'all of them are empty');
  if (columns === null || names.length === columns) return { names, source, assumed: false };
  if (spare && names.length === columns - 1) return { names: [...names, ''], source, assumed: false };
  throw new WindhoverError('model_label_count', 'the class names do not fit the model', {
    option: 'model',
    expected: `${columns} names`,
    got: `${names.length} from ${source}`,
    hint:
      "set 'class_names' to the names that the model was trained with; where columns after the classes are masks or key " +
      "points, set 'task'",
  });
}

/**
 * Checks that a label that the user names is one of the model's.
 * @throws WindhoverError (permanent) `label_unknown`, with the nearest name
 */
export function requireLabel(label: string, labels: Labels, option: string): void {
  if (label !== '' && labels.names.includes(label)) return;
  const known = labels.names.filter((name) => name !== '');
  throw new WindhoverError('label_unknown', 'the model has no such class', { option, got: label, known });
}

/**
 * Reads names as exporters write them: a Python or JSON list, tuple or dictionary (by class number, or by name), one name
 * a line, or one line with commas.
 * @throws WindhoverError (permanent) `model_labels_invalid` when there is more than one way to read them
 */
export function parseNames(text: string, where: string): string[] {
  const entries = readEntries(text.trim(), where);
  const byNumber = new Map(entries);
  const names = entries.map((_, number) => {
    if (!byNumber.has(number) || byNumber.size < entries.length) {
      throw invalid(where, `expected each class number from 0 to ${entries.length - 1} once, not so for ${number}`);
    }
    const name = byNumber.get(number);
    if (typeof name !== 'string') throw invalid(where, `expected a name in quotes, got ${name}`);
    if (name.trim() === '') throw invalid(where, `class ${number} has an empty name`);
    return name.trim();
  });
  if (names.length === 0) throw invalid(where, 'it holds no name');
  return names;
}

/** Class numbers and what they are called. */
function readEntries(text: string, where: string): [number: number, name: unknown][] {
  const [, type, called] = CALL.exec(text) ?? [];
  if (type?.endsWith('set')) throw invalid(where, 'a set has no order');
  const inner = called ?? text;
  if (!/^(?:[[{(]|\d+\s*:|names\s*:|- )/.test(inner)) {
    return inner.split(inner.includes('\n') ? '\n' : /[,;]/).map((name, number) => [number, name]);
  }
  if (PLAIN.test(inner)) return [...inner.matchAll(PLAIN_NAME)].map(([, number, name]) => [Number(number), name]);
  // Loaded where it is needed: it takes a worker 1.5 MB.
  const { parse }: typeof import('yaml') = require('yaml');
  let found: unknown;
  try {
    found = parse(inner.replace(PYTHON, yamlToken), { mapAsMap: true });
  } catch (error) {
    throw invalid(where, errorMessage(error).split('\n', 1).join());
  }
  if (found instanceof Map && Array.isArray(found.get('names'))) found = found.get('names');
  if (found instanceof Map && found.get('names') instanceof Map) found = found.get('names');
  if (Array.isArray(found) && !found.every(Array.isArray)) return found.map((name, number) => [number, name]);
  const entries: [unknown, unknown][] = found instanceof Map || Array.isArray(found) ? [...found] : [];
  const byName = entries.every(([key, value]) => typeof value === 'number' && !/^\d+$/.test(`${key}`));
  return entries.map(([key, value]) => (byName ? [Number(value), key] : [Number(key), value]));
}

/** `{0: 'drone', 1: 'bird'}`, as most exporters write it. */
const PLAIN = /^\{\s*\d+\s*:\s*'[^'\\\n]*'(?:\s*,\s*\d+\s*:\s*'[^'\\\n]*')*\s*\}$/;
const PLAIN_NAME = /(\d+)\s*:\s*'([^']*)'/g;

/** `OrderedDict([…])`, `defaultdict(<class 'str'>, {…})`, `array([…], dtype='<U1')` and the like. */
const CALL = /^([\w.]+)\((?:<[^>]*>,|None,)?\s*([[{(].*?)(?:,\s*dtype=[^\])]*)?\)$/s;

/** Python's quotes, tuples, colons without a space and None. YAML knows its escapes, but for those between single quotes. */
const PYTHON = /[bu]?'((?:[^'\\]|\\.)*)'|[bu]?("(?:[^"\\]|\\.)*")|([()])|:(?=[bu]?['"])|None(?=\s*[,\]}])/g;

function yamlToken(token: string, single?: string, double?: string): string {
  if (single !== undefined) return `"${single.replaceAll("\\'", "'").replaceAll('"', '\\"')}"`;
  return double ?? { '(': '[', ')': ']', ':': ': ' }[token] ?? 'null';
}

function namesFromFile(file: string, option: string): string[] {
  if (!existsSync(file)) {
    throw new WindhoverError('model_labels_invalid', `there is no file ${file}`, {
      option,
      hint: 'give a list, a path, coco80 or coco91',
    });
  }
  const text = readFileSync(file, 'utf8');
  return parseNames(option === 'labels' ? text.replace(/^\s*\n/gm, '') : text, file);
}

function invalid(where: string, why: string): WindhoverError {
  return new WindhoverError('model_labels_invalid', `the class names in ${where} can't be used: ${why}`, {
    option: 'model',
    hint: "set 'class_names' to a list or a text file",
  });
}
