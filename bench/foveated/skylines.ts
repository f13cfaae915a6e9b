/** Skylines with lit windows, in which nothing flies: rendered by the project's renderer in a large picture. */
import { join } from 'node:path';
import { Film, type FilmedScene } from '../../fixtures/scenes.ts';
import { hash01 } from '../../sim/noise.ts';
import type { Clip } from '../detector/data-set.ts';
import { emptyScene } from '../detector/empty.ts';

const SIZE = { width: 1920, height: 1080 };
const FPS = 15;
const FRAMES = 105;
/** Share of the windows. */
const LIT = 0.4;

/** Writes the film. @param seed of light, sky and city; the camera turns where it is odd */
export async function skylineClip(seed: number, folder: string): Promise<Clip> {
  const { encodeVideo } = await import('../../fixtures/encode-video.ts');
  const video = join(folder, `skyline-${seed}.mp4`);
  await encodeVideo(video, { ...SIZE, fps: FPS }, pictures(skyline(seed)));
  const labels = Array.from({ length: FRAMES }, () => []);
  const size = { w: SIZE.width, h: SIZE.height };
  return { name: `skyline-${seed}`, video, class: null, size, fps: FPS, frames: FRAMES, labels };
}

function* pictures(scene: FilmedScene): Generator<Uint8Array> {
  const film = new Film(scene, SIZE);
  for (let frame = 0; frame < FRAMES; frame++) yield film.render(frame / FPS).bytes;
}

function skyline(seed: number): FilmedScene {
  const { background, camera, ...scene } = emptyScene(seed);
  const [first] = camera;
  return {
    ...scene,
    background: { ...background, ground: { ...background.ground, lit: LIT } },
    camera: camera.map(({ timeS, panDeg }) => ({
      timeS,
      panDeg: seed % 2 === 1 ? panDeg : (first?.panDeg ?? 0),
      tiltDeg: 4 + 3 * hash01(1, seed, 3),
      hfovDeg: 30 + 25 * hash01(2, seed, 3),
    })),
  };
}
