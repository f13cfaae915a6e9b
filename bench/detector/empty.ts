/** False alarms on skies and skylines where nothing flies: rendered by the project's renderer, many looks, a camera that moves. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Film, type FilmedScene } from '../../fixtures/scenes.ts';
import { hash01 } from '../../sim/noise.ts';
import { EVENING } from '../../sim/scene/evening.ts';
import type { BackgroundLook, PictureSize } from '../../sim/scene/scene.ts';
import { classOf, type ModelFacts } from './model-facts.ts';
import { eachClip } from './run-model.ts';

export interface EmptyReport {
  readonly model: string;
  readonly clips: number;
  readonly frames: number;
  readonly minutes: number;
  /** Distinct ids of published tracks. */
  readonly tracks: number;
  readonly tracksPerMinute: number;
  readonly droneTracks: number;
  readonly droneTracksPerMinute: number;
  /** Sure ones. */
  readonly detectionsPerMinute: number;
  readonly tracksByLabel: Readonly<Record<string, number>>;
}

const CLIP_S = 20;
const SIZES: readonly PictureSize[] = [
  { width: 640, height: 512 },
  { width: 640, height: 360 },
];
const RATES = [15, 20, 25];

/** @param folder for the videos, each of which goes when it was run */
export async function emptyReport(
  models: readonly ModelFacts[],
  minutes: number,
  folder: string,
  sets: readonly string[],
): Promise<EmptyReport[]> {
  const counts = models.map(() => ({ frames: 0, detections: 0, labels: [] as string[], seconds: 0 }));
  const clips = Math.ceil((minutes * 60) / CLIP_S);
  for (let seed = 1; seed <= clips; seed++) {
    const { video, clip } = await renderEmpty(seed, Math.min(CLIP_S, minutes * 60 - (seed - 1) * CLIP_S), folder);
    for (const [index, model] of models.entries()) {
      const count = counts[index];
      await eachClip([clip], { model, shrink: 1, jobs: 1, sets }, (_, records) => {
        if (!count) return;
        const tracks = new Map(records.flatMap((record) => record.tracks.map(({ id, label }) => [id, label] as const)));
        count.labels.push(...tracks.values());
        count.frames += records.length;
        count.seconds += records.length / clip.fps;
        const detections = records.flatMap((record) => record.detections);
        count.detections += detections.filter(({ confidence }) => confidence >= model.sure).length;
      });
    }
    rmSync(video);
  }
  return models.map((model, index): EmptyReport => {
    const { frames = 0, seconds = 0, labels = [], detections = 0 } = counts[index] ?? {};
    const perMinute = (count: number) => count / (seconds / 60);
    const drones = labels.filter((label) => classOf(label, model) === 'drone').length;
    return {
      model: model.name,
      clips,
      frames,
      minutes: seconds / 60,
      tracks: labels.length,
      tracksPerMinute: perMinute(labels.length),
      droneTracks: drones,
      droneTracksPerMinute: perMinute(drones),
      detectionsPerMinute: perMinute(detections),
      tracksByLabel: Object.fromEntries(
        [...Map.groupBy(labels, (label) => label)].map(([label, all]) => [label, all.length]),
      ),
    };
  });
}

async function renderEmpty(seed: number, seconds: number, folder: string) {
  const { encodeVideo } = await import('../../fixtures/encode-video.ts');
  const size = SIZES[seed % SIZES.length] ?? { width: 640, height: 512 };
  const fps = RATES[seed % RATES.length] ?? 25;
  const frames = Math.round(seconds * fps);
  const video = join(folder, `empty-${seed}.mp4`);
  await encodeVideo(video, { ...size, fps }, pictures(emptyScene(seed), size, fps, frames));
  const labels = Array.from({ length: frames }, () => []);
  const frame = { w: size.width, h: size.height };
  return { video, clip: { name: `empty-${seed}`, video, class: null, size: frame, fps, frames, labels } };
}

function* pictures(scene: FilmedScene, size: PictureSize, fps: number, frames: number): Generator<Uint8Array> {
  const film = new Film(scene, size);
  for (let frame = 0; frame < frames; frame++) yield film.render(frame / fps).bytes;
}

/** A scene without objects. Every seed another sky, light, skyline and way of the camera. */
export function emptyScene(seed: number): FilmedScene {
  const random = (index: number, low: number, high: number) => low + (high - low) * hash01(index, seed, 4711);
  const first = { panDeg: random(0, 0, 360), tiltDeg: random(1, 0, 24), hfovDeg: random(2, 18, 62) };
  const camera = [0, CLIP_S / 2, CLIP_S].map((timeS, knot) => ({
    timeS,
    // A patrol: a few degrees a second at most, and a change of zoom by up to a fifth.
    panDeg: first.panDeg + random(3, -3, 3) * timeS,
    tiltDeg: first.tiltDeg + knot * random(4 + knot, -2, 2),
    hfovDeg: first.hfovDeg * random(8 + knot, 0.85, 1.05),
  }));
  return { seed: seed * 31 + 5, background: look(random), objects: [], camera };
}

/** The look of the fixtures' scene in another light: from dusk to noon, from blue to grey. */
function look(random: (index: number, low: number, high: number) => number): BackgroundLook {
  const { sky, clouds, ground } = EVENING;
  const light = random(20, 0.35, 1.05);
  const grey = random(21, 0, 1);
  const shade = ([r, g, b]: readonly [number, number, number], share = grey): [number, number, number] => {
    const mean = (r + g + b) / 3;
    const toned = (value: number) => Math.min(255, light * (value + (mean - value) * share));
    return [toned(r), toned(g), toned(b)];
  };
  return {
    sky: sky.map(({ tiltDeg, rgb }) => ({ tiltDeg, rgb: shade(rgb) })),
    clouds: {
      cover: random(22, 0, 1),
      bright: shade(clouds.bright),
      shaded: shade(clouds.shaded),
      driftDegPerS: random(23, 0, 0.6),
    },
    ground: {
      far: shade(ground.far),
      near: shade(ground.near, 0),
      windows: ground.windows,
      // Lights are on when it is dark.
      lit: light < 0.7 ? random(24, 0.1, 0.6) : random(24, 0, 0.2),
    },
  };
}
