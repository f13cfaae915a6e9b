/**
 * Names of a model's classes: from the option `class_names`, else the metadata of the file, else the option `labels`,
 * else, for models that have exactly the columns of a COCO model, the COCO names (said in the log and in the gauge
 * `labels`). Any other model without names is refused: a wrong name is worse than none.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
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
  metadata: string | undefined,
): GivenNames | null {
  if (option === 'coco80') return { names: COCO_80, source: 'coco80' };
  if (option === 'coco91') return { names: COCO_91, source: 'coco91' };
  if (typeof option === 'string') return { names: namesFromFile(option, 'class_names'), source: option };
  if (option !== undefined) return { names: option, source: 'class_names' };
  if (metadata === undefined || metadata.trim() === '') return null;
  return { names: parseNames(metadata, "the model's metadata"), source: 'model' };
}

/**
 * The option `labels` as a list; undefined when it is not set.
 * @param option a list, one label, or the path of a file with one a line
 * @throws WindhoverError (permanent) `model_labels_invalid` when the file can't be read
 */
export function labelList(option: readonly string[] | string | undefined): readonly string[] | undefined {
  if (typeof option !== 'string') return option;
  return /[/\\.]/.test(option) ? namesFromFile(option, 'labels').filter((name) => name !== '') : [option];
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
 * @param spare the last column may stand for nothing
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
  const { names, source } = given;
  if (columns === null || names.length === columns) return { names, source, assumed: false };
  if (spare && names.length === columns - 1) return { names: [...names, ''], source, assumed: false };
  throw new WindhoverError('model_label_count', 'the class names do not fit the model', {
    option: 'model',
    expected: `${columns} names`,
    got: `${names.length} from ${source}`,
    hint: "set 'class_names' to the names that the model was trained with",
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
 * Reads names as exporters write them: a Python or JSON list or dictionary by class number, or one name a line.
 * @throws WindhoverError (permanent) `model_labels_invalid`
 */
export function parseNames(text: string, where: string): string[] {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed)) return trimmed.split(/\r?\n/).map((line) => line.trim());
  let found: unknown;
  try {
    found = parse(trimmed.replace(QUOTED, doubleQuoted));
  } catch (error) {
    throw invalid(where, errorMessage(error).split('\n', 1).join());
  }
  const names = Object.entries(Object(found)).map(([number, name], expected) => {
    if (Number(number) !== expected) throw invalid(where, `expected class number ${expected}, got ${number}`);
    if (typeof name !== 'string') throw invalid(where, `expected a name in quotes, got ${name}`);
    return name;
  });
  if (names.length === 0) throw invalid(where, 'it holds no name');
  return names;
}

/** Python quotes in two ways; YAML knows its escapes, but for those between single quotes. */
const QUOTED = /'((?:[^'\\]|\\.)*)'|"(?:[^"\\]|\\.)*"/g;

function doubleQuoted(quoted: string, single: string | undefined): string {
  return single === undefined ? quoted : `"${single.replaceAll("\\'", "'").replaceAll('"', '\\"')}"`;
}

function namesFromFile(file: string, option: string): string[] {
  if (!existsSync(file)) {
    throw new WindhoverError('model_labels_invalid', `there is no file ${file}`, {
      option,
      hint: 'give a list, a path, coco80 or coco91',
    });
  }
  return parseNames(readFileSync(file, 'utf8'), file);
}

function invalid(where: string, why: string): WindhoverError {
  return new WindhoverError('model_labels_invalid', `the class names in ${where} can't be used: ${why}`, {
    option: 'model',
    hint: "set 'class_names' to a list or a text file",
  });
}
