/**
 * Recorded sequences as MOTChallenge keeps them: a folder each, with `det.txt` and `gt.txt` (also as `det/det.txt` and
 * `gt/gt.txt`), `seqinfo.ini` with the size and rate of its pictures, and perhaps `ignore.txt`, boxes that are neither right
 * nor wrong.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { wireBbox } from '../../nodes/publish/bbox.ts';
import { readMot } from '../../nodes/replay/read-mot.ts';
import { ByteTrack } from '../../nodes/track/byte-track.ts';
import { type TrackOptions, trackOptions } from '../../nodes/track/options.ts';
import type { Box, Size } from '../../runtime/data.ts';
import { countMot, type IdBox, type MotCounts, type MotScore, parseMotText, scoreMot } from '../mot-score.ts';

/** Where the sequences are looked for, beside the repository. */
export const MOT_FOLDER = join(import.meta.dir, '../../../shared/data/mot');
export const MOT_SEQUENCES = ['TUD-Campus', 'TUD-Stadtmitte'] as const;
/** Of a sequence without `seqinfo.ini`: as those two are. */
const UNTOLD = { size: { w: 640, h: 480 }, fps: 25 };
const COLUMNS = ['HOTA', 'DetA', 'AssA', 'IDF1', 'MOTA', 'IDSW'] as const;

/** Counts of one sequence as the tracker puts its boxes out, and as clients get them: clamped into the frame. */
export async function trackSequence(
  folder: string,
  options: Partial<TrackOptions> = {},
): Promise<{ raw: MotCounts; wire: MotCounts }> {
  const { size, fps } = infoOf(folder);
  const path = fileOf(folder, 'det') ?? join(folder, 'det.txt');
  const text = await Bun.file(path).text();
  const recording = readMot(text, path, { width: size.w, height: size.h, fps, label: 'person' });
  const tracker = new ByteTrack({ ...Value.Create(trackOptions), ...options });
  const raw = new Map<number, IdBox[]>();
  const wire = new Map<number, IdBox[]>();
  for (let index = 0; index < recording.frameCount; index++) {
    const facts = { widthPx: size.w, heightPx: size.h };
    const { tracks } = tracker.step(index / recording.fps, recording.detections.get(index) ?? [], facts);
    raw.set(
      index + 1,
      tracks.map(({ id, bboxPx }) => ({ id, ...bboxPx })),
    );
    wire.set(
      index + 1,
      tracks.map(({ id, bboxPx }) => ({ id, ...throughWire(bboxPx, size) })),
    );
  }
  const boxes = (name: string, skipZero = false) => {
    const file = fileOf(folder, name);
    return file === undefined ? new Map<number, IdBox[]>() : parseMotText(readFileSync(file, 'utf8'), skipZero);
  };
  const [gt, ignore] = [boxes('gt', true), boxes('ignore')];
  return { raw: countMot(gt, raw, ignore), wire: countMot(gt, wire, ignore) };
}

/** Scores all sequences of a folder with the defaults of the track node. */
export async function printAccuracy(data: string): Promise<void> {
  const found = existsSync(data) ? readdirSync(data).map((name) => join(data, name)) : [];
  const folders = found.filter((folder) => fileOf(folder, 'det') && fileOf(folder, 'gt')).sort();
  if (folders.length === 0) {
    console.log(`accuracy: not measured, ${data} has no folder with det.txt and gt.txt (give another with --data DIR)`);
    return;
  }
  console.log('accuracy, defaults of the track node');
  console.log(`${'sequence'.padEnd(24)} ${COLUMNS.map((c) => c.padStart(6)).join(' ')}  pictures`);
  const parts: { readonly raw: MotCounts; readonly wire: MotCounts }[] = [];
  for (const folder of folders) {
    const part = await trackSequence(folder);
    parts.push(part);
    const { size, fps } = infoOf(folder);
    print(basename(folder), scoreMot([part.wire]), `  ${size.w}×${size.h}, ${fps} Hz`);
  }
  print('combined', scoreMot(parts.map((p) => p.wire)));
  print('combined, not clamped', scoreMot(parts.map((p) => p.raw)));
}

function print(name: string, score: MotScore, about = ''): void {
  const figures = COLUMNS.map((c) => score[c].toFixed(c === 'IDSW' ? 0 : 2).padStart(6));
  console.log(`${name.padEnd(24)} ${figures.join(' ')}${about}`);
}

function fileOf(folder: string, name: string): string | undefined {
  return [join(folder, `${name}.txt`), join(folder, name, `${name}.txt`)].find((file) => existsSync(file));
}

function infoOf(folder: string): { readonly size: Size; readonly fps: number } {
  const file = join(folder, 'seqinfo.ini');
  if (!existsSync(file)) return UNTOLD;
  const text = readFileSync(file, 'utf8');
  const read = (key: string, untold: number) => Number(new RegExp(`^${key}=([\\d.]+)`, 'm').exec(text)?.[1] ?? untold);
  const { size, fps } = UNTOLD;
  return { size: { w: read('imWidth', size.w), h: read('imHeight', size.h) }, fps: read('frameRate', fps) };
}

/** A box as a client gets it, in pixels again. */
function throughWire(boxPx: Box, size: Size): Box {
  const { x, y, w, h } = wireBbox(boxPx, size);
  return { x: x * size.w, y: y * size.h, w: w * size.w, h: h * size.h };
}
