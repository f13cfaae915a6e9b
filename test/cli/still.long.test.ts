/** `graphs/still.yaml` on a video of a camera that sees nothing for a while, with its noise, and then a drone. */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { noiseOf } from '../../bench/motion/grey.ts';
import type { MetadataTick } from '../../schemas/metadata-tick.ts';
import { makePicture, SceneRenderer } from '../../sim/render/render.ts';
import { defaultScene, toScene } from '../../sim/scene/scene-file.ts';
import { RunningCommand } from '../support/command.ts';
import { COMPACT_MODEL, Folder } from '../support/graphs.ts';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';

const VIDEO = { width: 640, height: 360, fps: 5 };
const SECONDS = 24;
/** From then on a drone flies. */
const BEGINS_S = 20;
const SETTLED_S = 2;
const scene = toScene({
  ...defaultScene(),
  targets: [
    {
      ...{ id: 1, label: 'drone', repeats: false },
      path: [
        [BEGINS_S, -26, 14, 2.4],
        [SECONDS, -8, 13, 2.4],
      ],
    },
  ],
});
const empty = toScene({ ...defaultScene(), targets: [] });

function* pictures() {
  const camera = { panDeg: 0, tiltDeg: 12, hfovDeg: 60 };
  const [before, after] = [new SceneRenderer(empty, VIDEO), new SceneRenderer(scene, VIDEO)];
  const noise = noiseOf(1.5);
  const picture = makePicture(VIDEO);
  for (let index = 0; index < SECONDS * VIDEO.fps; index++) {
    const timeS = index / VIDEO.fps;
    (timeS < BEGINS_S ? before : after).render(timeS, camera, picture);
    const luma = picture.planes.y.data;
    for (const [k, value] of luma.entries()) luma[k] = value + noise();
    yield picture.bytes;
  }
}

test(
  'the model runs on a fifth of the still frames at most, and the drone is followed from its third frame on',
  async () => {
    using folder = new Folder();
    const { encodeVideo } = await import('../../fixtures/encode-video.ts');
    const [video, record] = [folder.file('still.mp4'), folder.file('still.jsonl')];
    await encodeVideo(video, VIDEO, pictures());
    const sets = [`source.url=${video}`, 'source.pace=asap', 'source.loop=false', `detect.model=${COMPACT_MODEL}`];
    const args = ['graph', 'graphs/still.yaml', ...sets.flatMap((set) => ['--set', set])];
    await using command = new RunningCommand([...args, '--port', '0', '--jsonl', record]);
    const view = await command.untilView(await command.url(), 'the end', ({ state }) => state === 'ended');
    command.signal('SIGINT');
    await command.finished();
    const lines = readFileSync(record, 'utf8')
      .split('\n')
      .filter((line) => line.includes('"metadata_tick"'));
    const ticks = lines.map((line): MetadataTick => JSON.parse(line));
    expect(ticks).toHaveLength(SECONDS * VIDEO.fps);
    const rested = Number(view.nodes.detect?.idle_still);
    const still = ticks.slice(0, BEGINS_S * VIDEO.fps);
    console.log(`${rested} frames were not looked at, of ${still.length} of the still sky`);
    expect(rested).toBeGreaterThanOrEqual(0.8 * (BEGINS_S - SETTLED_S) * VIDEO.fps);
    expect(still.flatMap(({ tracks }) => tracks)).toEqual([]);
    const found = ticks.slice(BEGINS_S * VIDEO.fps).findIndex(({ tracks }) => tracks.length > 0);
    expect(found).toBeLessThanOrEqual(3);
    expect(ticks.slice(BEGINS_S * VIDEO.fps + found).every(({ tracks }) => tracks.length === 1)).toBe(true);
  },
  LONG_TEST_LIMIT_MS,
);
