/**
 * Finds out how a model is read: asks every family whether the names, shapes and metadata of the file fit it.
 *
 * One answer must stand out. Two equally good ones, or none, are an error that says what was found and how each family
 * judged it; nothing is guessed.
 */
import { WindhoverError } from '../../runtime/node.ts';
import { boxesClassScores } from './families/boxes-class-scores.ts';
import { boxesScoresClasses } from './families/boxes-scores-classes.ts';
import { detr } from './families/detr.ts';
import {
  type Certainty,
  dimsText,
  type Family,
  type FamilyName,
  type Match,
  type ModelFacts,
} from './families/family.ts';
import { yolo } from './families/yolo.ts';
import { yoloNmsFree } from './families/yolo-nms-free.ts';
import { yolox } from './families/yolox.ts';

/** All families. The order matters to nothing but messages. */
export const FAMILIES: readonly Family[] = [yolo, yoloNmsFree, yolox, detr, boxesClassScores, boxesScoresClasses];

/** A family by name and its plan for the model. */
export interface Inferred extends Match {
  readonly family: FamilyName;
}

/**
 * @param wanted the family that the user or the metadata set; null: infer it
 * @throws WindhoverError (permanent) `model_family_mismatch` when the model is not of the wanted family,
 *   `model_family_unknown` when it is of none, `model_family_ambiguous` when it could be of several
 */
export function inferFamily(model: ModelFacts, wanted: string | null): Inferred {
  const judged = FAMILIES.map((family) => ({ family: family.name, match: family.match(model) }));
  if (wanted !== null) return pickWanted(judged, wanted, model);
  const matches = judged.flatMap(({ family, match }) => (typeof match === 'string' ? [] : [{ family, ...match }]));
  const best = matches.filter((match) => RANK[match.certainty] === Math.max(...matches.map((m) => RANK[m.certainty])));
  const [first] = best;
  if (first !== undefined && best.length === 1 && first.certainty !== 'possible') return first;
  const options = matches.map((match) => match.family).join(' or ');
  if (first === undefined) {
    throw new WindhoverError('model_family_unknown', `the model family is not recognized: ${reasons(judged)}`, {
      option: 'model',
      got: found(model),
      hint: 'export it again in one of the forms that nodes/detect/README.md lists',
    });
  }
  const what = matches.length > 1 ? 'more than one model family fits' : 'the model family is not certain';
  throw new WindhoverError('model_family_ambiguous', `${what}: ${reasons(judged)}`, {
    option: 'model',
    got: found(model),
    hint: `set 'family' to ${options}, or give the class names: their number often decides`,
  });
}

const RANK: Record<Certainty, number> = { certain: 3, likely: 2, possible: 1 };

interface Judged {
  readonly family: FamilyName;
  readonly match: Match | string;
}

function pickWanted(judged: readonly Judged[], wanted: string, model: ModelFacts): Inferred {
  const mine = judged.find(({ family }) => family === wanted);
  if (mine !== undefined && typeof mine.match !== 'string') return { family: mine.family, ...mine.match };
  const why = mine === undefined ? `known are ${FAMILIES.map((family) => family.name).join(', ')}` : mine.match;
  throw new WindhoverError('model_family_mismatch', `the model can't be read as ${wanted}: ${why}`, {
    option: 'family',
    got: found(model),
    hint: "leave 'family' out to have it inferred",
  });
}

function reasons(judged: readonly Judged[]): string {
  return judged.map(({ family, match }) => `${family}: ${typeof match === 'string' ? match : match.why}`).join('; ');
}

function found(model: ModelFacts): string {
  return model.outputs.map((output) => `${output.name} ${dimsText(output.dims)} ${output.type}`).join(', ');
}
