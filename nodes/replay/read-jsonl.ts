/**
 * Reads detections in JSON lines, one frame a line:
 *
 *     {"width":1280,"height":720,"fps":25}
 *     {"frame":0,"detections":[{"x":10,"y":20,"w":30,"h":40,"confidence":0.9,"label":"drone"}]}
 *
 * The first line may say what the source was (any of its fields may be absent). Frames count from 0 and rise; those
 * left out had no detections. Boxes are source pixels, `x, y` = top-left corner. A detection without a label gets the
 * default one.
 */
import type { Detection } from '../../runtime/node.ts';
import { badLine, LAST_FRAME_INDEX, type Recording, type RecordingDefaults, sourceOf } from './recording.ts';

const LINE =
  '{"frame":0,"detections":[{"x":0,"y":0,"w":1,"h":1,"confidence":1,"label":"…"}]} with rising frames from 0 and ' +
  'confidence from 0 to 1';
const HEADER = '{"width":1280,"height":720,"fps":25}, each above 0';

/**
 * @param path names the file in errors
 * @param defaults size and rate given there win over the file's first line
 * @throws WindhoverError `replay_bad_line`, `replay_source_unknown`
 */
export function readJsonl(text: string, path: string, defaults: RecordingDefaults): Recording {
  const detections = new Map<number, readonly Detection[]>();
  let header: Partial<Record<'width' | 'height' | 'fps', number>> = {};
  let frameCount = 0;
  let first = true;
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '') continue;
    const value = parse(line);
    if (value === undefined) throw badLine(path, at + 1, LINE, line);
    if (first && !('frame' in value)) {
      const found = readHeader(value);
      if (found === undefined) throw badLine(path, at + 1, HEADER, line);
      header = found;
    } else {
      const frame = readFrame(value, defaults.label);
      if (frame === undefined || frame.index < frameCount) throw badLine(path, at + 1, LINE, line);
      detections.set(frame.index, frame.detections);
      frameCount = frame.index + 1;
    }
    first = false;
  }
  const { width = header.width, height = header.height, fps = header.fps } = defaults;
  const source = sourceOf(
    path,
    { width, height, fps },
    'set them as options of the node or in the first line of the file',
  );
  return { ...source, frameCount, detections };
}

function parse(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined; // the caller names the line, which says more than the parser's message
  }
}

function readHeader(value: object): Partial<Record<'width' | 'height' | 'fps', number>> | undefined {
  const header: Partial<Record<'width' | 'height' | 'fps', number>> = {};
  for (const name of ['width', 'height', 'fps'] as const) {
    if (!(name in value)) continue;
    const given = field(value, name);
    if (!(given > 0) || (name !== 'fps' && !Number.isInteger(given))) return undefined;
    header[name] = given;
  }
  return Object.keys(header).length > 0 ? header : undefined;
}

function readFrame(value: object, label: string): { index: number; detections: Detection[] } | undefined {
  const index = field(value, 'frame');
  if (!Number.isInteger(index) || index < 0 || index > LAST_FRAME_INDEX) return undefined;
  if (!('detections' in value) || !Array.isArray(value.detections)) return undefined;
  const detections: Detection[] = [];
  for (const entry of value.detections) {
    const detection = readDetection(entry, label);
    if (detection === undefined) return undefined;
    detections.push(detection);
  }
  return { index, detections };
}

function readDetection(value: unknown, defaultLabel: string): Detection | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const bboxPx = { x: field(value, 'x'), y: field(value, 'y'), w: field(value, 'w'), h: field(value, 'h') };
  const confidence = field(value, 'confidence');
  const label = 'label' in value ? value.label : defaultLabel;
  if (!Object.values(bboxPx).every(Number.isFinite) || !(confidence >= 0 && confidence <= 1)) return undefined;
  return typeof label === 'string' && label !== '' ? { bboxPx, confidence, label } : undefined;
}

/** The number under that name, NaN when it is none. */
function field(value: object, name: string): number {
  const found: unknown = (value as Record<string, unknown>)[name];
  return typeof found === 'number' && Number.isFinite(found) ? found : Number.NaN;
}
