/** Which tracks are in which zones: anchors, labels, loitering, the border, and zones that can't be judged. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import type { CameraMoment } from '../../../nodes/zones/camera-history.ts';
import { type ZonesOptions, zonesOptions } from '../../../nodes/zones/options.ts';
import { ZoneStepper } from '../../../nodes/zones/zone-stepper.ts';
import type { Box, Track } from '../../../runtime/node.ts';
import { trackOf } from '../recorded.ts';

const SIZE = { w: 1000, h: 500 };
/** The left half of the picture. */
const LEFT = [
  [0, 0],
  [0.5, 0],
  [0.5, 1],
  [0, 1],
];
const AT_REST: CameraMoment = { isMoving: false, isSettling: false, preset: null, pose: null };

/** Options as they come out of a graph file. */
function stepper(zones: Record<string, object>, others: object = {}): ZoneStepper {
  const options = Value.Default(zonesOptions, structuredClone({ zones, ...others }));
  expect([...Value.Errors(zonesOptions, options)]).toEqual([]);
  return new ZoneStepper(options as ZonesOptions);
}

/** A track with this middle, 20×20 px unless said otherwise. */
function track(x: number, y: number, change: Partial<Track> & { size?: [number, number] } = {}): Track {
  const { size: [w, h] = [20, 20], ...rest } = change;
  return trackOf(rest.id ?? 1, 0.5, { bboxPx: { x: x - w / 2, y: y - h / 2, w, h }, ...rest });
}

/** Steps through frames, 100 ms apart, and tells the zones of the only track of each. */
function zonesOf(zones: ZoneStepper, tracks: readonly Track[], camera: CameraMoment | null = null): string[] {
  return tracks.map((each, n) => zones.step([each], { atMs: n * 100, size: SIZE, camera }).zones[0]?.join(' ') ?? '?');
}

describe('in the picture', () => {
  test.each([
    ['its middle is inside', 'centre', { x: 450, y: 200, w: 80, h: 100 }, true],
    ['its middle is outside', 'centre', { x: 470, y: 200, w: 80, h: 100 }, false],
    ['its middle is on the border', 'centre', { x: 460, y: 200, w: 80, h: 100 }, true],
    ['it stands inside', 'bottom', { x: 100, y: 200, w: 10, h: 100 }, true],
    ['it stands beyond the frame, and is seen up to its edge', 'bottom', { x: 100, y: 450, w: 10, h: 100 }, true],
    ['it reaches out of the frame', 'centre', { x: -90, y: 450, w: 100, h: 120 }, true],
  ] as const)('%s', (_what, anchor, bboxPx: Box, isIn) => {
    const zones = stepper({ left: { points: LEFT, anchor } });
    expect(zonesOf(zones, [trackOf(1, 0.5, { bboxPx })])).toEqual([isIn ? 'left' : '']);
  });

  test('the anchor makes the difference', () => {
    const ground = [
      [0, 0.5],
      [1, 0.5],
      [1, 1],
      [0, 1],
    ];
    const zones = stepper({ head: { points: ground }, feet: { points: ground, anchor: 'bottom' } });
    expect(zonesOf(zones, [track(500, 200, { size: [50, 200] }), track(500, 300, { size: [50, 20] })])).toEqual([
      'feet',
      'head feet',
    ]);
  });

  test('zones overlap, and come in the order of the file', () => {
    const zones = stepper({
      b: { points: LEFT },
      a: { points: LEFT },
      far: {
        points: [
          [0.9, 0],
          [1, 0],
          [1, 1],
        ],
      },
    });
    expect(zonesOf(zones, [track(100, 100)])).toEqual(['b a']);
  });

  test('of several tracks, each its own', () => {
    const zones = stepper({ left: { points: LEFT } });
    const tracks = [track(600, 100, { id: 1 }), track(100, 100, { id: 2 }), track(499, 100, { id: 3 })];
    expect(zones.step(tracks, { atMs: 0, size: SIZE, camera: null }).zones).toEqual([[], ['left'], ['left']]);
  });

  test('only with one of its labels; a track that is renamed leaves', () => {
    const zones = stepper({ left: { points: LEFT, labels: ['drone', 'bird'] } });
    const labels = ['flying', 'drone', 'bird', 'airplane'];
    expect(
      zonesOf(
        zones,
        labels.map((label) => track(100, 100, { label })),
      ),
    ).toEqual(['', 'left', 'left', '']);
  });
});

describe('the border', () => {
  test("who has entered leaves only when outside by a share of its box's size", () => {
    const zones = stepper({ left: { points: LEFT } }, { hysteresis: 0.5 });
    const xs = [501, 500, 505, 510, 511, 505, 499, 509];
    expect(
      zonesOf(
        zones,
        xs.map((x) => track(x, 100)),
      ),
    ).toEqual(['', 'left', 'left', 'left', '', '', 'left', 'left']);
  });

  test('a box that trembles on it enters once', () => {
    const zones = stepper({ left: { points: LEFT } });
    const xs = Array.from({ length: 100 }, (_, n) => 500 + 2.5 * Math.sin(n * 2.3));
    const found = zonesOf(
      zones,
      xs.map((x) => track(x, 100)),
    );
    const changes = found.filter((zone, n) => n > 0 && zone !== found[n - 1]);
    expect(changes.length).toBeLessThanOrEqual(1);
    const without = zonesOf(
      stepper({ left: { points: LEFT } }, { hysteresis: 0 }),
      xs.map((x) => track(x, 100)),
    );
    expect(without.filter((zone, n) => n > 0 && zone !== without[n - 1]).length).toBeGreaterThan(20);
  });
});

describe('loitering', () => {
  const loiter = () => stepper({ left: { points: LEFT, loiter_s: 0.3 } }, { hysteresis: 0 });
  const inside = track(100, 100);
  const outside = track(900, 100);

  test('counts after its time, and anew after having left', () => {
    const path = [inside, inside, inside, inside, inside, outside, inside, inside, inside, inside];
    expect(zonesOf(loiter(), path)).toEqual(['', '', '', 'left', 'left', '', '', '', '', 'left']);
  });

  test('a moment unseen does not break it; a minute does', () => {
    const zones = loiter();
    const at = (atMs: number, tracks: Track[]) => zones.step(tracks, { atMs, size: SIZE, camera: null }).zones[0];
    expect(at(0, [inside])).toEqual([]);
    expect(at(200, [])).toBeUndefined();
    expect(at(400, [inside])).toEqual(['left']);
    at(61_000, []);
    expect(at(61_100, [inside])).toEqual([]);
    expect(at(61_400, [inside])).toEqual(['left']);
  });
});

describe('suspension', () => {
  const pose = { panDeg: 170, tiltDeg: 0, hfovDeg: 60 };
  const zones = {
    image: { points: LEFT },
    home: { points: LEFT, preset: 'home' },
    east: {
      pan_tilt: [
        [175, -10],
        [190, -10],
        [190, 10],
        [175, 10],
      ],
    },
  };
  test.each([
    ['no camera', null, { home: 'no_camera', east: 'no_camera' }],
    ['at rest somewhere', AT_REST, { home: 'other_preset', east: 'pose_unknown' }],
    ['at rest, and known where', { ...AT_REST, pose }, { home: 'other_preset' }],
    ['at home', { ...AT_REST, preset: 'home', pose }, {}],
    ['at another preset', { ...AT_REST, preset: 'gate', pose }, { home: 'other_preset' }],
    ['moving', { ...AT_REST, isMoving: true, preset: 'home', pose }, { image: 'moving', home: 'moving' }],
    ['moving blindly', { ...AT_REST, isMoving: true }, { image: 'moving', home: 'moving', east: 'pose_unknown' }],
    ['settling', { ...AT_REST, isSettling: true, preset: 'home', pose }, { image: 'settling', home: 'settling' }],
  ])('%s', (_what, camera: CameraMoment | null, suspended) => {
    // 100 px from the left edge: about 5° to the right of it, at pan 145; 700: at pan 183.
    const step = stepper(zones).step([track(100, 250), track(700, 250, { id: 2 })], { atMs: 0, size: SIZE, camera });
    expect(Object.fromEntries<string>(step.suspended)).toEqual(suspended);
    const open = (name: string) => (name in suspended ? [] : [name]);
    expect(step.zones).toEqual([[...open('image'), ...open('home')], open('east')]);
  });

  test('who was inside is out, and enters anew: the border and the loitering begin again', () => {
    const stepping = stepper({ left: { points: LEFT, loiter_s: 0.2 } }, { hysteresis: 1 });
    const at = (atMs: number, x: number, isMoving: boolean) =>
      stepping.step([track(x, 100)], { atMs, size: SIZE, camera: { ...AT_REST, isMoving } }).zones[0];
    at(0, 495, false);
    expect(at(200, 510, false)).toEqual(['left']);
    expect(at(300, 495, true)).toEqual([]);
    expect(at(400, 495, false)).toEqual([]);
    expect(at(600, 495, false)).toEqual(['left']);
    at(700, 495, true);
    at(800, 510, false);
    expect(at(1100, 510, false)).toEqual([]);
  });

  test('in pan and tilt, one that stays where it is stays inside while the camera sweeps past it', () => {
    const stepping = stepper({ east: zones.east });
    // Seen at pan 180: the picture of a camera at pan 160 to 200 shows it from right to left.
    const found = Array.from({ length: 41 }, (_, n) => {
      const panDeg = ((160 + n + 180) % 360) - 180;
      const x = 500 + (500 / Math.tan(Math.PI / 6)) * Math.tan(((20 - n) * Math.PI) / 180);
      const camera = { ...AT_REST, isMoving: true, pose: { panDeg, tiltDeg: 0, hfovDeg: 60 } };
      return stepping.step([track(x, 250)], { atMs: n * 40, size: SIZE, camera }).zones[0];
    });
    expect(found).toEqual(found.map(() => ['east']));
  });

  test('in pan and tilt, the border gives a share of the box too, as an angle', () => {
    const stepping = stepper({ east: zones.east }, { hysteresis: 1 });
    const at = (panDeg: number) =>
      stepping.step([track(500, 250, { size: [20, 20] })], {
        atMs: 0,
        size: SIZE,
        camera: { ...AT_REST, pose: { panDeg, tiltDeg: 0, hfovDeg: 60 } },
      }).zones[0];
    // 20 px of 1000 over 60 degrees are 1.32 degrees in the middle.
    expect([174.9, 175, 173.7, 173.6, 174].map((pan) => at(pan)?.length)).toEqual([0, 1, 1, 0, 0]);
  });
});
