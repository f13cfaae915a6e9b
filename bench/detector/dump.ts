/** Keeps what came out, a line a frame, for choosing thresholds and checkpoints without running the model again. */
import { appendFileSync, createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { WindhoverError } from '../../runtime/errors.ts';
import type { Clip } from './data-set.ts';
import type { FrameRecord } from './run-clip.ts';

/**
 * Appends a clip's frames to a file of JSON lines: `{model, shrink, clip, class, size, fps, frame, …, detections, tracks,
 * labels}`, boxes in pixels of the frame. Optional fields of detections (class probabilities) are kept as they are.
 */
export function detectionLines(file: string, about: { readonly model: string; readonly shrink: number }) {
  return (clip: Clip, records: readonly FrameRecord[]): void => {
    const { name, class: ofClass, size, fps } = clip;
    const lines = records.map((record) => {
      const labels = (clip.labels[record.frame] ?? []).map((label) => ({ class: label.class, box: label.box }));
      return JSON.stringify({ ...about, clip: name, class: ofClass, size, fps, ...record, labels });
    });
    appendFileSync(file, `${lines.join('\n')}\n`);
  };
}

/** What came out for one clip. */
export interface DumpedClip {
  readonly model: string;
  readonly clip: string;
  readonly frames: FrameRecord[];
}

type DumpedFrame = FrameRecord & Pick<DumpedClip, 'model' | 'clip'> & { readonly shrink: number };

/** The clips of such a file in their own size, one at a time. @throws WindhoverError `bench_data` when it is no such file */
export async function* readDump(file: string): AsyncGenerator<DumpedClip> {
  if (!existsSync(file)) throw new WindhoverError('bench_data', `there is no ${file}`);
  let current: DumpedClip | undefined;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const frame = parseLine(file, line);
    if (frame.shrink !== 1) continue;
    if (frame.clip !== current?.clip || frame.model !== current.model) {
      if (current) yield current;
      current = { model: frame.model, clip: frame.clip, frames: [] };
    }
    current.frames.push(frame);
  }
  if (current) yield current;
}

function parseLine(file: string, line: string): DumpedFrame {
  try {
    const frame: DumpedFrame = JSON.parse(line);
    if (Array.isArray(frame.detections)) return frame;
    throw new TypeError('a line without detections');
  } catch (cause) {
    throw new WindhoverError('bench_data', `${file} is not what bench detector --detections writes`, { cause });
  }
}
