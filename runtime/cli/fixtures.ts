/**
 * `bun run fixtures [--out FOLDER]`: renders and encodes everything in fixtures/ anew. The same command gives the same
 * files, so that a change in them is always a change in the scenes, the renderer or the encoder.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { makePicture, SceneRenderer } from '../../sim/render/render.ts';
import { skyPanScene, skyScene } from '../../sim/scene/presets.ts';
import type { PictureSize, Scene } from '../../sim/scene/scene.ts';
import { errorMessage } from '../errors.ts';

/** A clip: which seconds of a scene, at what size and rate. */
export interface Clip extends PictureSize {
  readonly name: string;
  readonly scene: Scene;
  readonly fps: number;
  readonly frames: number;
}

/** The first line of a truth file; one {@link TruthLine} a frame follows. */
export interface TruthHeader extends PictureSize {
  readonly fps: number;
  readonly frames: number;
}

export interface TruthLine {
  readonly frame: number;
  /** Pixels of the picture, `x, y` = top-left corner. */
  readonly objects: readonly { id: number; label: string; x: number; y: number; w: number; h: number }[];
}

export const CLIPS: readonly Clip[] = [
  { name: 'sky', scene: skyScene, width: 640, height: 360, fps: 25, frames: 300 },
  { name: 'sky-pan', scene: skyPanScene, width: 640, height: 360, fps: 25, frames: 200 },
];

/** Base of the broken clips: small, and with several keyframes so that decoding can recover. */
const SMALL: Clip = { name: 'small', scene: skyScene, width: 320, height: 180, fps: 25, frames: 50 };
/** An object with fewer visible pixels is left out of the truth: it cannot be recognized. */
const LEAST_VISIBLE = 0.1;
const FIXTURES = resolve(import.meta.dir, '../../fixtures');
const USAGE = 'usage: bun run fixtures [--out FOLDER]   (default: fixtures/)';

/**
 * The command. Prints what it wrote.
 * @returns the exit code: 0, 1 when writing failed, 2 for wrong arguments
 */
export async function fixturesCommand(args: string[]): Promise<number> {
  let folder: string;
  try {
    const { values } = parseArgs({ args, options: { out: { type: 'string' }, help: { type: 'boolean', short: 'h' } } });
    if (values.help) {
      console.log(USAGE);
      return 0;
    }
    folder = resolve(values.out ?? FIXTURES);
  } catch (error) {
    console.error(`${errorMessage(error)}\n${USAGE}`);
    return 2;
  }
  try {
    for (const file of await writeFixtures(folder)) console.log(`${file}  ${Bun.file(file).size} bytes`);
    return 0;
  } catch (error) {
    console.error(`fixtures: ${errorMessage(error)}`);
    return 1;
  }
}

/** Writes all fixtures below `folder` and returns their paths. */
export async function writeFixtures(folder: string): Promise<string[]> {
  await mkdir(join(folder, 'broken'), { recursive: true });
  const files: string[] = [];
  for (const clip of CLIPS) {
    files.push(await writeClip(clip, join(folder, `${clip.name}.mp4`)));
    files.push(await writeText(join(folder, `${clip.name}.truth.jsonl`), truthText(clip)));
    files.push(await writeText(join(folder, `${clip.name}.detections.jsonl`), detectionsText(clip)));
  }
  return [...files, ...(await writeBroken(join(folder, 'broken')))];
}

/** The truth file of a clip: a header, then a line a frame, coordinates to a hundredth of a pixel. */
export function truthText(clip: Clip): string {
  const { width, height, fps, frames } = clip;
  const header: TruthHeader = { width, height, fps, frames };
  const renderer = new SceneRenderer(clip.scene, clip);
  const lines = Array.from({ length: frames }, (_, frame): TruthLine => {
    const seen = renderer.truth(frame / fps).filter((object) => object.visible >= LEAST_VISIBLE);
    return {
      frame,
      objects: seen.map(({ id, label, x, y, w, h }) => ({
        id,
        label,
        x: hundredths(x),
        y: hundredths(y),
        w: hundredths(w),
        h: hundredths(h),
      })),
    };
  });
  return [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** What a model might find in a clip, for the replay node: the truth, with every twentieth frame missed. */
export function detectionsText(clip: Clip): string {
  const [header = '{}', ...lines] = truthText(clip).trimEnd().split('\n');
  const { width, height, fps }: TruthHeader = JSON.parse(header);
  const frames = lines.map((line) => {
    const { frame, objects }: TruthLine = JSON.parse(line);
    const seen = frame % 20 === 19 ? [] : objects;
    return { frame, detections: seen.map(({ id: _, label, ...box }) => ({ ...box, confidence: 0.9, label })) };
  });
  return [{ width, height, fps }, ...frames].map((line) => `${JSON.stringify(line)}\n`).join('');
}

async function writeClip(clip: Clip, file: string, keyframeS = 2): Promise<string> {
  const { encodeVideo } = await import('../../sim/render/encode-video.ts');
  await encodeVideo(file, { width: clip.width, height: clip.height, fps: clip.fps, keyframeS }, pictures(clip));
  return file;
}

function* pictures(clip: Clip): Generator<Uint8Array> {
  const renderer = new SceneRenderer(clip.scene, clip);
  const into = makePicture(clip);
  for (let frame = 0; frame < clip.frames; frame++) yield renderer.render(frame / clip.fps, { into }).bytes;
}

async function writeBroken(folder: string): Promise<string[]> {
  const { packetRanges } = await import('../../sim/render/encode-video.ts');
  const whole = join(folder, 'whole.mp4');
  await writeClip(SMALL, whole, 0.4);
  const bytes = new Uint8Array(await Bun.file(whole).arrayBuffer());
  const packets = await packetRanges(whole);
  await rm(whole);

  // The index is in front, so the file opens; it ends in the middle of a picture two thirds through.
  const last = packets[Math.floor((packets.length * 2) / 3)];
  const cut = bytes.slice(0, (last?.offset ?? bytes.length) + Math.floor((last?.length ?? 0) / 2));

  const corrupt = bytes.slice();
  const bad = packets.filter((packet, index) => !packet.keyframe && index % 10 === 4);
  for (const { offset, length } of bad) scramble(corrupt.subarray(offset, offset + length));

  return [
    await writeBytes(join(folder, 'cut-short.mp4'), cut),
    await writeBytes(join(folder, 'corrupt.mp4'), corrupt),
    await writeText(join(folder, 'not-a-video.mp4'), 'This is a text file with the name of a video.\n'),
  ];
}

/**
 * Overwrites a packet's payload, all but its start: length and type stay right, so that the decoder gets to read it.
 */
function scramble(packet: Uint8Array): void {
  const kept = Math.min(8, packet.length);
  for (let at = kept; at < packet.length; at++) packet[at] = (at * 73 + 41) & 0xff;
}

async function writeText(file: string, text: string): Promise<string> {
  await Bun.write(file, text);
  return file;
}

async function writeBytes(file: string, bytes: Uint8Array): Promise<string> {
  await Bun.write(file, bytes);
  return file;
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

if (import.meta.main) process.exit(await fixturesCommand(Bun.argv.slice(2)));
