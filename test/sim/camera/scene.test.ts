/** What the camera looks at: scripted and random paths, exact truth, pictures, snapshots, the debug endpoints. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import * as av from 'node-av';
import { toJpeg } from '../../../sim/camera/jpeg.ts';
import { defaultMotors } from '../../../sim/camera/motion/motors.ts';
import { VirtualCamera } from '../../../sim/camera/virtual-camera.ts';
import { makePicture } from '../../../sim/render/render.ts';
import { curveAt } from '../../../sim/scene/paths.ts';
import { type RandomPath, randomFlight } from '../../../sim/scene/random-flight.ts';
import {
  contentFaults,
  defaultScene,
  type SceneFile,
  sceneFileSchema,
  toScene,
} from '../../../sim/scene/scene-file.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { all, digestHeader, PROFILE, Rig } from './rig.ts';

const SIZE = { width: 320, height: 180 };

function scene(targets: unknown[], more: object = {}): SceneFile {
  return Value.Decode(sceneFileSchema, Value.Default(sceneFileSchema, { targets, ...more }));
}

/** Stands at pan 10°, tilt 12°, 3° wide. */
const STILL = scene([{ id: 4, label: 'drone', path: [[0, 10, 12, 3]], repeats: true }]);

describe('truth', () => {
  const camera = (file: SceneFile) => {
    const clock = new ManualClock();
    return { clock, camera: new VirtualCamera({ clock, scene: file }) };
  };

  test('a target is where its path says, in degrees and in the picture', () => {
    const moving = scene([
      {
        id: 4,
        label: 'drone',
        path: [
          [0, 0, 12, 3],
          [10, 20, 12, 3],
        ],
      },
    ]);
    const { clock, camera: own } = camera(moving);
    clock.advance(5000);
    const [target] = own.truth(own.nowS(), SIZE);
    expect(target).toMatchObject({ id: 4, label: 'drone', panDeg: 10, tiltDeg: 12, panDegPerS: 2, spanDeg: 3 });
    const box = target?.box;
    // 320 pixels show 60°: 10° to the right of the centre are 53.3 pixels.
    expect((box?.x ?? 0) + (box?.w ?? 0) / 2).toBeCloseTo(160 + 53.3, 0);
    expect(box?.w).toBeCloseTo(16, 0);
  });

  test('the camera turns and zooms: the target moves in the picture, not in the world', () => {
    const { clock, camera: own } = camera(STILL);
    own.command({ kind: 'to', values: { pan: 10, zoom: 0.5 }, maxRates: {} });
    clock.advance(10_000);
    const [target] = own.truth(own.nowS(), SIZE);
    expect(target).toMatchObject({ panDeg: 10, tiltDeg: 12 });
    const box = target?.box;
    // The gear's play: the picture is up to 0.025° away from where the encoder is, 0.6 pixels here.
    expect(Math.abs((box?.x ?? 0) + (box?.w ?? 0) / 2 - 160)).toBeLessThan(0.7);
    expect(box?.w).toBeCloseTo(16 * Math.sqrt(20), 0);
    own.command({ kind: 'to', values: { pan: -90 }, maxRates: {} });
    clock.advance(10_000);
    expect(own.truth(own.nowS(), SIZE)[0]?.box).toBeNull();
  });

  test('the picture shows the target where the truth says', () => {
    const { camera: own } = camera(STILL);
    const withTarget = own.render(0, SIZE);
    const box = own.truth(0, SIZE)[0]?.box;
    const without = camera(scene([])).camera.render(0, SIZE, makePicture(SIZE));
    const changed = [...withTarget.planes.y.data].flatMap((value, at) =>
      Math.abs(value - (without.planes.y.data[at] ?? 0)) > 8 ? [at % SIZE.width] : [],
    );
    expect(Math.min(...changed)).toBeGreaterThanOrEqual(Math.floor((box?.x ?? 0) - 1));
    expect(Math.max(...changed)).toBeLessThanOrEqual(Math.ceil((box?.x ?? 0) + (box?.w ?? 0) + 1));
    expect(changed.length).toBeGreaterThan(20);
  });
});

describe('random paths', () => {
  const FLIGHT = {
    seed: 3,
    duration_s: 100,
    pan_deg: [-40, 60],
    tilt_deg: [5, 25],
    span_deg: [1, 2],
    speed_deg_s: [2, 10],
    hover_share: 0.3,
  } satisfies RandomPath;

  test('the same for the same seed, another for another', () => {
    expect(randomFlight(FLIGHT)).toEqual(randomFlight(FLIGHT));
    expect(randomFlight({ ...FLIGHT, seed: 4 })).not.toEqual(randomFlight(FLIGHT));
  });

  test.each([1, 2, 3, 4, 5])('seed %d: within bounds, times rise, it ends where it began', (seed) => {
    const knots = randomFlight({ ...FLIGHT, seed });
    expect(knots.length).toBeGreaterThan(4);
    expect(knots.at(-1)).toEqual({ ...(knots[0] ?? { timeS: 0, panDeg: 0, tiltDeg: 0, spanDeg: 0 }), timeS: 100 });
    for (const [index, knot] of knots.entries()) {
      expect(knot.panDeg).toBeWithin(-40, 60.001);
      expect(knot.tiltDeg).toBeWithin(5, 25.001);
      if (index > 0) expect(knot.timeS).toBeGreaterThan(knots[index - 1]?.timeS ?? 0);
    }
  });
});

test('the default scene: a drone that the motors can follow, an airplane now and then', () => {
  const { objects } = toScene(defaultScene());
  expect(objects.map(({ label }) => label)).toEqual(['drone', 'airplane']);
  const flight = objects[0]?.flight ?? [];
  const rates = Array.from({ length: 1040 }, (_, i) => Math.abs(curveAt(flight, (knot) => knot.panDeg, i / 10).rate));
  expect(Math.max(...rates)).toBeLessThan(12);
  expect(contentFaults(defaultScene())).toEqual([]);
});

test('a JPEG shows the picture, in the full range of values', async () => {
  const own = new VirtualCamera({ clock: new ManualClock(), scene: STILL });
  const picture = own.render(0, SIZE);
  const jpeg = await toJpeg(picture);
  using decoder = new av.CodecContext();
  const codec = av.Codec.findDecoder(av.AV_CODEC_ID_MJPEG);
  decoder.allocContext3(codec);
  expect(decoder.open2Sync(codec)).toBe(0);
  using packet = new av.Packet();
  packet.alloc();
  packet.data = Buffer.from(jpeg);
  expect(await decoder.sendPacket(packet)).toBe(0);
  using frame = new av.Frame();
  frame.alloc();
  expect(await decoder.receiveFrame(frame)).toBe(0);
  const decoded = frame.toBuffer();
  expect([frame.width, frame.height]).toEqual([SIZE.width, SIZE.height]);
  const luma = picture.planes.y.data;
  let differenceSum = 0;
  for (const [at, value] of luma.entries()) differenceSum += Math.abs(((value - 16) * 255) / 219 - (decoded[at] ?? 0));
  expect(differenceSum / luma.length).toBeLessThan(3);
  const colour = decoded.subarray(luma.length, luma.length * 1.25).entries();
  const blue = picture.planes.u.data;
  let colourSum = 0;
  for (const [at, value] of colour) colourSum += Math.abs(128 + (((blue[at] ?? 0) - 128) * 255) / 224 - value);
  expect(colourSum / blue.length).toBeLessThan(3);
});

test('the scene of the README is one, with the defaults that it names', async () => {
  const readme = await Bun.file(new URL('../../../sim/camera/README.md', import.meta.url)).text();
  const text = /^ {4}\{\n[\s\S]*?^ {4}\}$/m.exec(readme)?.[0] ?? '';
  const shown: unknown = JSON.parse(text);
  expect(Value.Check(sceneFileSchema, Value.Default(sceneFileSchema, shown))).toBe(true);
  expect(shown).toMatchObject({ motors: defaultMotors(), home: scene([]).home });
});

describe('over HTTP', () => {
  test('/debug/state tells the pose and the targets, also of a moment ago', async () => {
    await using rig = await Rig.start({ scene: STILL });
    await rig.ptz('ContinuousMove', '<tptz:Velocity><tt:PanTilt x="0.5" y="0"/></tptz:Velocity>');
    rig.advance(1);
    const now = await rig.state();
    const before = await rig.state('?t=0.05&profile=profile_sub');
    expect(before).toMatchObject({ time_s: 0.05, pose: { pan_deg: 0, hfov_deg: 60 }, picture: { w: 640, h: 360 } });
    expect(now.pose.pan_deg).toBeGreaterThan(30);
    expect(now.last_move).toEqual({ operation: 'ContinuousMove', time_s: 0, fault: [] });
    expect(now.targets).toMatchObject([{ id: 4, label: 'drone', pan_deg: 10, tilt_deg: 12 }]);
    expect(now.calls).toEqual({ ContinuousMove: 1 });
  });

  test('/debug/frame is the raw picture, and says when and whereto it was taken', async () => {
    await using rig = await Rig.start({ scene: STILL });
    const response = await fetch(`${rig.server.origin}/debug/frame?profile=${PROFILE}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(JSON.parse(response.headers.get('x-frame') ?? '')).toEqual({
      time_s: 0,
      time_unix_ms: rig.clock.unixMs(),
      w: 640,
      h: 360,
      format: 'i420',
      pose: { pan_deg: 0, tilt_deg: expect.closeTo(10, 9), hfov_deg: 60 },
    });
    const own = rig.server.camera.render(0, { width: 640, height: 360 });
    expect(Bun.hash(bytes)).toBe(Bun.hash(own.bytes));
  });

  test('both in any size, which shows the same', async () => {
    await using rig = await Rig.start({ scene: STILL });
    const response = await fetch(`${rig.server.origin}/debug/frame?size=160x90`);
    expect(JSON.parse(response.headers.get('x-frame') ?? '')).toMatchObject({ w: 160, h: 90, pose: { hfov_deg: 60 } });
    expect((await response.arrayBuffer()).byteLength).toBe((160 * 90 * 3) / 2);
    const [small, large] = [await rig.state('?size=160x90'), await rig.state('?size=640x360')];
    expect(small.picture).toEqual({ w: 160, h: 90 });
    const centre = ({ targets, picture }: typeof small) => {
      const { x = 0, w = 0 } = targets[0]?.box ?? {};
      return (x + w / 2) / picture.w;
    };
    expect(centre(small)).toBeCloseTo(centre(large), 6);
  });

  test('a snapshot needs a login, and is a JPEG', async () => {
    await using rig = await Rig.start({ scene: STILL });
    const { body } = await rig.call('trt', 'GetSnapshotUri', `<trt:ProfileToken>${PROFILE}</trt:ProfileToken>`);
    const uri = all(body, 'Uri')[0]?.text ?? '';
    expect(uri).toBe(`${rig.server.origin}/snapshot.jpg?profile=${PROFILE}`);
    const first = await fetch(uri);
    expect(first.status).toBe(401);
    const challenge = first.headers.get('www-authenticate')?.split(/, (?=Digest )/)[1] ?? '';
    const target = `/snapshot.jpg?profile=${PROFILE}`;
    const headers = { Authorization: digestHeader(challenge, target, { method: 'GET' }) };
    const jpeg = new Uint8Array(await (await fetch(uri, { headers })).arrayBuffer());
    expect([...jpeg.slice(0, 3), ...jpeg.slice(-2)]).toEqual([0xff, 0xd8, 0xff, 0xff, 0xd9]);
    expect(rig.failures).toEqual([]);
  });

  test('what it does not know is said', async () => {
    await using rig = await Rig.start({ scene: STILL });
    expect((await fetch(`${rig.server.origin}/debug/nothing`)).status).toBe(404);
    for (const query of ['profile=none', 'size=big', 'size=8x8', 'size=161x90', 'size=99999x90']) {
      expect((await fetch(`${rig.server.origin}/debug/frame?${query}`)).status).toBe(400);
    }
  });
});
