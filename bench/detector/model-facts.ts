/** What the bench has to know of a model before it runs: its thresholds, its classes, what its boxes mean. */
import { resolve } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { loadModel } from '../../nodes/detect/model.ts';
import { readOnnxFile } from '../../nodes/detect/onnx-file.ts';
import { DetectOptions } from '../../nodes/detect/options.ts';
import { trackOptions } from '../../nodes/track/options.ts';
import { WindhoverError } from '../../runtime/errors.ts';
import { MODEL_FOLDERS } from '../pipeline/input.ts';
import { CLASSES, type ClassName } from './data-set.ts';

export interface ModelFacts {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  /** Default confidence of detect: what track gets in production. */
  readonly confidence: number;
  /** Default `high_confidence` of track: detections below it only keep tracks alive, and are not counted as found. */
  readonly sure: number;
  /** Its boxes are known to be tight (metadata key `box_margin`); otherwise it is unknown. */
  readonly tight: boolean;
  /** Knows the classes of COCO, of which a kite is the nearest to a drone. */
  readonly coco: boolean;
}

/** @param model a path, or a name in the model folders; @throws WindhoverError `model_…` as detect does */
export function modelFacts(model: string): ModelFacts {
  const named = /[/\\]|\.onnx$/.test(model) ? resolve(model) : model;
  const options = { ...Value.Create(DetectOptions), model: named };
  const { file, name, labels } = loadModel(options, { modelFolders: MODEL_FOLDERS });
  const { names } = labels;
  return {
    name,
    file,
    confidence: numberDefault(DetectOptions.properties.confidence),
    sure: numberDefault(trackOptions.properties.high_confidence),
    tight: readOnnxFile(file).metadata.box_margin !== undefined,
    coco: names.includes('kite') && !names.includes('drone'),
  };
}

/** The scored class that a label of the model stands for; null: none of them (`flying`, a person, …). */
export function classOf(label: string, { coco }: Pick<ModelFacts, 'coco'>): ClassName | null {
  const name = coco && label === 'kite' ? 'drone' : label;
  return CLASSES.find((one) => one === name) ?? null;
}

/** What an option is when nothing is said. */
export function numberDefault(schema: { readonly default?: unknown }): number {
  if (typeof schema.default === 'number') return schema.default;
  throw new WindhoverError('bench_threshold', 'the option of a threshold has no default');
}
