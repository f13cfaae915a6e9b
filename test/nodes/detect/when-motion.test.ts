/** detect with `when: motion`, and track after it, on pictures of the simulator: the model rests, and no track is lost by it. */
import { afterEach, describe, expect, test } from 'bun:test';
import { PictureWatch } from '../../../nodes/detect/picture-watch.ts';
import track from '../../../nodes/track/index.ts';
import {
  type DetectionsMessage,
  type FrameRequest,
  type FrameView,
  frameBytes,
  type TracksMessage,
} from '../../../runtime/node.ts';
import { SceneRenderer } from '../../../sim/render/render.ts';
import { defaultScene, type SceneFile, toScene } from '../../../sim/scene/scene-file.ts';
import { COMPACT_MODEL } from '../../support/graphs.ts';
import { openNode } from '../track/fake-context.ts';
import { openDetect, type Running } from './detect-runner.ts';

const SIZE = { width: 640, height: 360 };
const FPS = 5;
const BEGINS_S = 8;
const HOVERS_S = 10;
const opened: Running[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

/** From then on a drone flies for two seconds, and then stands still in the air. */
const scene = toScene({
  ...defaultScene(),
  targets: [
    {
      ...{ id: 1, label: 'drone', repeats: false },
      path: [
        [BEGINS_S, -6, 12, 2.4],
        [HOVERS_S, 2, 13, 2.4],
        [30, 2, 13, 2.4],
      ],
    },
  ],
});
const empty = toScene({ ...defaultScene(), targets: [] } satisfies SceneFile);
const camera = { panDeg: 0, tiltDeg: 12, hfovDeg: 60 };

/** Planes of red, green and blue that are the same: grey. */
function slotOf(luma: Uint8Array = new Uint8Array(0)): Float32Array {
  const data = new Float32Array(new SharedArrayBuffer(12 * luma.length));
  for (const [k, value] of luma.entries()) data[k] = value / 255;
  data.copyWithin(luma.length, 0, luma.length);
  data.copyWithin(2 * luma.length, 0, luma.length);
  return data;
}

async function run(
  seconds: number,
): Promise<{ readonly seen: DetectionsMessage[]; readonly tracks: TracksMessage[]; readonly idle: number }> {
  const detect = await openDetect({ model: COMPACT_MODEL, when: 'motion' });
  opened.push(detect);
  const tracker = await openNode(track);
  const [before, after] = [empty, scene].map((one) => new SceneRenderer(one, SIZE));
  const seen: DetectionsMessage[] = [];
  let data = slotOf(before?.luma(0, camera).data);
  for (let k = 0; k < seconds * FPS; k++) {
    const timeS = k / FPS;
    // Clouds do not drift here: pictures in which nothing moves are the same.
    if (timeS >= BEGINS_S && timeS <= HOVERS_S) data = slotOf(after?.luma(timeS, camera).data);
    const message = await detect.detect({ data, atMs: timeS * 1000 });
    seen.push(message);
    await (tracker.handlers.on?.detections as ((value: DetectionsMessage) => Promise<void>) | undefined)?.(message);
  }
  return { seen, tracks: tracker.sent.tracks as TracksMessage[], idle: detect.counts.get('idle_still') ?? 0 };
}

describe('a sky in which a drone appears and then hovers', () => {
  test('the model rests, finds it at once, and keeps it', async () => {
    const { seen, tracks, idle } = await run(20);
    const looks = (fromS: number, toS: number) =>
      seen.slice(fromS * FPS, toS * FPS).filter(({ looked }) => looked !== false).length;
    // Of thirty frames of the still sky.
    expect(looks(2, 8)).toBeLessThanOrEqual(6);
    expect(idle).toBe(seen.filter(({ looked }) => looked === false).length);
    // Seen in its second picture at the latest, and a track in its third.
    expect(seen[8 * FPS]?.looked ?? true).toBe(true);
    expect(tracks[8 * FPS + 2]?.tracks).toHaveLength(1);
    // In the air for eight seconds, looked at each second, and there in every frame.
    expect(looks(12, 20)).toBeLessThanOrEqual(10);
    const ids = new Set(tracks.slice(8 * FPS + 2).map((message) => message.tracks.map(({ id }) => id).join()));
    expect([...ids]).toEqual(['1']);
  });
});

describe('what moves is told in pixels of the source', () => {
  const region = { x: 300, y: 200, w: 24, h: 16 };
  const requests: FrameRequest[] = [
    { width: 640, height: 384, format: 'rgbf32', fit: 'letterbox', white: 255 },
    { width: 640, height: 384, format: 'bgr24', fit: 'letterbox' },
    { width: 416, height: 416, format: 'rgb24', fit: 'letterbox' },
    { width: 320, height: 192, format: 'gray8', fit: 'letterbox' },
  ];
  test.each(requests.map((request) => [request.format, request.width, request] as const))(
    '%s, %i wide',
    (_, __, request) => {
      const watch = new PictureWatch();
      const source = { w: 1280, h: 720 };
      const content = {
        x: 0,
        y: (request.height - (request.width * 9) / 16) / 2,
        w: request.width,
        h: (request.width * 9) / 16,
      };
      const scale = content.w / source.w;
      const channels = request.format.startsWith('gray') ? 1 : 3;
      const frame = (atMs: number, shift: number | null): FrameView => {
        const floats = request.format.endsWith('f32');
        const data = floats ? new Float32Array(frameBytes(request) / 4) : new Uint8Array(frameBytes(request));
        for (let k = 0; k < data.length; k++) {
          const at = floats ? k % (request.width * request.height) : Math.floor(k / channels);
          const x = ((at % request.width) + 0.5 - content.x) / scale;
          const y = (Math.floor(at / request.width) + 0.5 - content.y) / scale;
          const isIn =
            shift !== null && Math.abs(x - region.x - shift) < region.w / 2 && Math.abs(y - region.y) < region.h / 2;
          data[k] = isIn ? 60 : 180;
        }
        const meta = { index: 0, mediaTimeS: 0, captureUnixMs: 0, captureMonoMs: atMs, decodedMonoMs: 0, size: source };
        return { meta, request, data, mapping: { viewportPx: { x: 0, y: 0, ...source }, contentPx: content } };
      };
      for (let k = 0; k < 8; k++) watch.see(frame(k * 100, null));
      watch.see(frame(800, 0));
      const { bboxPx } = watch.see(frame(900, 20)).regions[0] ?? {};
      expect((bboxPx?.x ?? 0) + (bboxPx?.w ?? 0) / 2).toBeCloseTo(region.x + 20, -1.2);
      expect((bboxPx?.y ?? 0) + (bboxPx?.h ?? 0) / 2).toBeCloseTo(region.y, -1.2);
      expect(bboxPx?.w).toBeLessThan(region.w + 24);
    },
  );
});
