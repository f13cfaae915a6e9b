/** Models as text: tables, sizes, and what there is to say about one of them. */
import type { ModelCard, ModelFinds, RefusedModel } from '../../model-card.ts';
import { cut } from '../../text.ts';
import { textTable } from '../../text-table.ts';
import type { KnownModel } from './registry.ts';

/** Names shown of a long list of classes. */
const FEW_NAMES = 4;
const FEW_FINDS = 8;
/** Metadata of some exporters holds whole configurations. */
const MAX_VALUE_CHARS = 200;

/** The installed models, and those available for download. */
export function modelsText(models: readonly (ModelCard | RefusedModel)[], known: readonly KnownModel[]): string {
  const here = models.map((model) =>
    'error' in model
      ? [model.name, `refused: ${model.error.code}`, '', '', bytesText(model.bytes), '']
      : [
          ...[model.name, model.family, classesText(model.labels), sizeText(model.input.size)],
          ...[bytesText(model.bytes), model.licence ?? 'unknown'],
        ],
  );
  const more = known.map(({ name, family, classes, input, bytes, licence }) => [
    ...[name, family, classes, sizeText(input), bytesText(bytes), licence],
  ]);
  const head = ['name', 'family', 'classes', 'input', 'size', 'licence'];
  const first = here.length === 0 ? 'no models in the model folder\n' : textTable([head, ...here]);
  return more.length === 0
    ? first
    : `${first}\navailable for download with: bun run models pull NAME\n${textTable([head, ...more])}`;
}

/** All that is known about one model, a line each. */
export function cardText(card: ModelCard): string {
  const { input, labels, metadata } = card;
  const names = labels.names.map((name) => (name === '' ? '–' : name)).join(', ');
  const normalized =
    input.normalize === undefined ? '' : `, less mean ${input.normalize.mean}, by std ${input.normalize.std}`;
  const values = input.type === 'uint8' ? 'bytes' : `floats from 0 to ${input.white}${normalized}`;
  const scaled = input.filter === undefined ? '' : `, scaled by ${input.filter}`;
  const fit = (input.fit === 'stretch' ? 'stretch' : `${input.fit} on grey ${input.pad}`) + scaled;
  const facts: [string, string][] = [
    ['model', `${card.name} (${card.file}, ${bytesText(card.bytes)})`],
    ['licence', card.licence ?? 'unknown: the file does not say'],
    ['family', `${card.family} (${card.certainty}: ${card.why})`],
    ['layout', card.layout],
    ['input', `${input.name} [${input.dims.join(', ')}], ${sizeText(input.size)}, ${input.color}, ${values}, ${fit}`],
    ...card.outputs.map(({ name, dims, type }): [string, string] => ['output', `${name} [${dims.join(', ')}] ${type}`]),
    ['labels', `${labels.names.length} from ${labels.source}: ${names}`],
    ['doubles', card.nms_iou === null ? 'none: gives each object once' : `dropped above IoU ${card.nms_iou} (NMS)`],
    ['confidence', `at least ${card.confidence}`],
    ...(card.not_read === null ? [] : [['not read', card.not_read] satisfies [string, string]]),
    ...Object.entries(card.found ?? {}).map(([where, finds]): [string, string] => [where, findsText(finds)]),
    ...Object.entries(metadata)
      .filter(([key]) => key !== 'names')
      .map(([key, value]): [string, string] => ['metadata', `${key}: ${cut(value, MAX_VALUE_CHARS)}`]),
  ];
  return textTable(facts);
}

/** `2: drone 0.91 at 12,34 56×20; bird 0.40 at …` */
function findsText(finds: ModelFinds): string {
  const shown = finds.slice(0, FEW_FINDS).map(({ label, confidence, bboxPx: { x, y, w, h } }) => {
    const [left, top, wide, high] = [x, y, w, h].map(Math.round);
    return `${label} ${confidence.toFixed(2)} at ${left},${top} ${wide}×${high}`;
  });
  if (finds.length === 0) return 'nothing found';
  return `${finds.length} found: ${shown.join('; ')}${finds.length > FEW_FINDS ? '; …' : ''}`;
}

/** `80: person, bicycle, car, motorcycle, …` */
function classesText({ names }: ModelCard['labels']): string {
  const real = names.filter((name) => name !== '');
  return `${real.length}: ${real.slice(0, FEW_NAMES).join(', ')}${real.length > FEW_NAMES ? ', …' : ''}`;
}

/** `13 kB`, `3.7 MB` */
export function bytesText(bytes: number): string {
  return bytes < 999_500 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function sizeText({ w, h }: { readonly w: number; readonly h: number }): string {
  return `${w}×${h}`;
}
