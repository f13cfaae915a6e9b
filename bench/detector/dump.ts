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

/** The clips of such a file in their own size, one at a time. @throws WindhoverError `bench_data` when it is no such file */
export async function* readDump(
  file: string,
): AsyncGenerator<{ readonly clip: string; readonly frames: FrameRecord[] }> {
  if (!existsSync(file)) throw new WindhoverError('bench_data', `there is no ${file}`);
  let [clip, frames]: [string, FrameRecord[]] = ['', []];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const record = parseLine(file, line);
    if (record.shrink !== 1) continue;
    if (record.clip !== clip && clip !== '') yield { clip, frames };
    if (record.clip !== clip) [clip, frames] = [record.clip, []];
    frames.push(record);
  }
  if (clip !== '') yield { clip, frames };
}

function parseLine(file: string, line: string): FrameRecord & { readonly shrink: number; readonly clip: string } {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new WindhoverError('bench_data', `${file} is not what bench detector --detections writes`, { cause });
  }
}
