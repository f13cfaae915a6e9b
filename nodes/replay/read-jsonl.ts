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
import { Value } from '@sinclair/typebox/value';
import { type Detection, type Static, Type } from '../../runtime/node.ts';
import { badLine, LAST_FRAME_INDEX, type Recording, type RecordingDefaults, sourceOf } from './recording.ts';

const LINE =
  '{"frame":0,"detections":[{"x":0,"y":0,"w":1,"h":1,"confidence":1,"label":"…"}]} with rising frames from 0 and ' +
  'confidence from 0 to 1';
const HEADER = '{"width":1280,"height":720,"fps":25}, each above 0';

const Header = Type.Object({
  width: Type.Optional(Type.Integer({ minimum: 1 })),
  height: Type.Optional(Type.Integer({ minimum: 1 })),
  fps: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
});

const FrameLine = Type.Object({
  frame: Type.Integer({ minimum: 0, maximum: LAST_FRAME_INDEX }),
  detections: Type.Array(
    Type.Object({
      x: Type.Number(),
      y: Type.Number(),
      w: Type.Number(),
      h: Type.Number(),
      confidence: Type.Number({ minimum: 0, maximum: 1 }),
      label: Type.Optional(Type.String({ minLength: 1 })),
    }),
  ),
});

/**
 * @param path names the file in errors
 * @param defaults size and rate given there win over the file's first line
 * @throws WindhoverError `replay_bad_line`, `replay_source_unknown`
 */
export function readJsonl(text: string, path: string, defaults: RecordingDefaults): Recording {
  const detections = new Map<number, readonly Detection[]>();
  let header: Static<typeof Header> = {};
  let frameCount = 0;
  let first = true;
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '') continue;
    const value = parse(line);
    if (value === undefined) throw badLine(path, at + 1, LINE, line);
    if (first && !('frame' in value)) {
      const saysSomething = Object.keys(Header.properties).some((name) => name in value);
      if (!saysSomething || !Value.Check(Header, value)) throw badLine(path, at + 1, HEADER, line);
      header = value;
    } else {
      if (!Value.Check(FrameLine, value) || value.frame < frameCount) throw badLine(path, at + 1, LINE, line);
      detections.set(
        value.frame,
        value.detections.map((found) => toDetection(found, defaults.label)),
      );
      frameCount = value.frame + 1;
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

function toDetection(found: Static<typeof FrameLine>['detections'][number], defaultLabel: string): Detection {
  const { x, y, w, h, confidence, label = defaultLabel } = found;
  return { bboxPx: { x, y, w, h }, confidence, label };
}
