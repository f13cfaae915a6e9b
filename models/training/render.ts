/**
 * Pictures of the project's own renderer for training: `bun render.ts OUT.i420 COUNT`.
 *
 * Half of them show quadcopters and airplanes, half nothing but sky and skyline: the demo and the virtual camera must be
 * detected, and towers and clouds must not. Writes I420 pictures of 640×512 one after the other, and beside them
 * OUT.json with the tight boxes of each.
 */
import { createWriteStream } from 'node:fs';
import { hash01 } from '../../sim/noise.ts';
import { truthAt } from '../../sim/render/placement.ts';
import { SceneRenderer } from '../../sim/render/render.ts';
import type { BackgroundLook, CameraPose, Rgb, Scene, SceneObject } from '../../sim/scene/scene.ts';

const SIZE = { width: 640, height: 512 };
const PICTURES_A_SCENE = 20;
const CLASSES = ['drone', 'bird', 'airplane', 'helicopter'];
const LEAST_VISIBLE = 0.4;

const [out = '', count = '0'] = process.argv.slice(2);
await main(out, Number(count));

async function main(file: string, pictures: number): Promise<void> {
  const stream = createWriteStream(file);
  const rows: unknown[] = [];
  for (let number = 0; rows.length < pictures; number++) {
    const draw = dice(number);
    const scene = randomScene(number, draw);
    const renderer = new SceneRenderer(scene, SIZE);
    for (let i = 0; i < PICTURES_A_SCENE && rows.length < pictures; i++) {
      const camera = randomCamera(draw);
      const timeS = draw(0, 10);
      const objects = number % 2 === 0 ? randomObjects(camera, draw) : [];
      const dressed = { ...scene, objects };
      Object.assign(renderer, { scene: dressed });
      if (!stream.write(renderer.render(timeS, camera).bytes)) {
        await new Promise((done) => stream.once('drain', done));
      }
      const truth = truthAt(dressed, timeS, camera, SIZE).filter((box) => box.visible > LEAST_VISIBLE);
      rows.push({
        clip: `rendered-${number}`,
        kind: 'rendered',
        scene: 'rendered',
        frame: i,
        classes: truth.map((box) => CLASSES.indexOf(box.label)),
        tight: truth.map((box) => [box.x, box.y, box.x + box.w, box.y + box.h]),
      });
    }
  }
  await new Promise((done) => stream.end(done));
  await Bun.write(file.replace(/\.i420$/, '.json'), JSON.stringify(rows));
}

type Dice = (low: number, high: number) => number;

/** Uniform numbers that depend on the seed alone. */
function dice(seed: number): Dice {
  let drawn = 0;
  return (low, high) => low + (high - low) * hash01(drawn++, seed, 4711);
}

function randomScene(number: number, draw: Dice): Scene {
  const grey = draw(40, 235);
  const tint = draw(0, 60);
  const at = (level: number): Rgb => [clamp(level - tint / 2), clamp(level), clamp(level + tint)];
  const background: BackgroundLook = {
    sky: [
      { tiltDeg: -4, rgb: [clamp(grey + draw(-20, 60)), clamp(grey + draw(-20, 40)), clamp(grey + draw(-30, 30))] },
      { tiltDeg: draw(6, 14), rgb: at(grey + draw(-20, 30)) },
      { tiltDeg: 60, rgb: at(grey - draw(0, 80)) },
    ],
    clouds: {
      cover: draw(0, 0.9),
      bright: at(clamp(grey + draw(10, 70))),
      shaded: at(clamp(grey - draw(0, 50))),
      driftDegPerS: 0.1,
    },
    ground: {
      far: at(grey * draw(0.5, 0.9)),
      near: at(draw(15, 90)),
      windows: [255, 214, 130],
      lit: draw(0, 0.6),
    },
  };
  // The dice go on as when scenes had a camera of their own: the same pictures as before.
  randomCamera(draw);
  return { seed: number + 100, background, objects: [] };
}

function randomCamera(draw: Dice): CameraPose {
  const hfovDeg = Math.exp(draw(Math.log(8), Math.log(65)));
  return { panDeg: draw(-180, 180), tiltDeg: draw(-2, 10) + draw(0, hfovDeg / 2), hfovDeg };
}

function randomObjects(camera: CameraPose, draw: Dice): SceneObject[] {
  const objects: SceneObject[] = [];
  const count = Math.floor(draw(1, 3.99));
  for (let id = 1; id <= count; id++) {
    const sprite = draw(0, 1) < 0.6 ? 'quadcopter' : 'airplane';
    const spanDeg = (camera.hfovDeg / SIZE.width) * Math.exp(draw(Math.log(6), Math.log(120)));
    const panDeg = camera.panDeg + camera.hfovDeg * draw(-0.48, 0.48);
    const tiltDeg = camera.tiltDeg + camera.hfovDeg * draw(-0.38, 0.38);
    const speed = camera.hfovDeg * draw(-0.2, 0.2);
    const level = draw(10, 130);
    objects.push({
      id,
      label: sprite === 'quadcopter' ? 'drone' : 'airplane',
      sprite,
      color: [level, level + draw(-6, 6), level + draw(-4, 14)].map(clamp) as unknown as Rgb,
      flight: [
        { timeS: -20, panDeg: panDeg - speed * 25, tiltDeg, spanDeg },
        { timeS: 5, panDeg, tiltDeg, spanDeg },
        { timeS: 30, panDeg: panDeg + speed * 25, tiltDeg, spanDeg },
      ],
    });
  }
  return objects;
}

function clamp(level: number): number {
  return Math.min(255, Math.max(0, level));
}
