/**
 * Reads detections in MOTChallenge text: `frame, id, left, top, width, height, confidence, ...`, one box a line.
 *
 * Frames count from 1 in the file and from 0 in the recording. Boxes are pixels. The id is ignored; a line without a
 * confidence has 1. Lines may come in any order.
 */
import type { Detection } from '../../runtime/node.ts';
import { badLine, LAST_FRAME_INDEX, type Recording, type RecordingDefaults, sourceOf } from './recording.ts';

const LINE = 'frame,id,left,top,width,height,confidence with frame from 1 and confidence from 0 to 1';

/**
 * @param path names the file in errors
 * @throws WindhoverError `replay_bad_line`, `replay_source_unknown`
 */
export function readMot(text: string, path: string, defaults: RecordingDefaults): Recording {
  const source = sourceOf(path, defaults, 'set width, height and fps: MOTChallenge text has no place for them');
  const detections = new Map<number, Detection[]>();
  let frameCount = 0;
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '') continue;
    const cells = line.split(',').map(toNumber);
    const [frame = Number.NaN, , x = Number.NaN, y = Number.NaN, w = Number.NaN, h = Number.NaN, confidence = 1] =
      cells;
    const index = frame - 1;
    const finite = [x, y, w, h].every(Number.isFinite) && confidence >= 0 && confidence <= 1;
    if (!finite || !Number.isInteger(index) || index < 0 || index > LAST_FRAME_INDEX) {
      throw badLine(path, at + 1, LINE, line);
    }
    const found = detections.get(index) ?? [];
    found.push({ bboxPx: { x, y, w, h }, confidence, label: defaults.label });
    detections.set(index, found);
    frameCount = Math.max(frameCount, index + 1);
  }
  return { ...source, frameCount, detections };
}

/** `Number`, but an empty cell is not 0. */
function toNumber(cell: string): number {
  return cell.trim() === '' ? Number.NaN : Number(cell);
}
