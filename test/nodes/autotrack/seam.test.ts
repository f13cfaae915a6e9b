/**
 * A pan that turns on and on: its positions begin anew at the end of its range. What the camera does there is what it does
 * anywhere else: each case is run at the seam and half a turn away from it, and the two are compared.
 */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { defaultMotors } from '../../../sim/camera/motion/motors.ts';
import { defaultScene, type SceneFile } from '../../../sim/scene/scene-file.ts';
import { plantOf } from '../../e2e/chase-graph.ts';
import { driverFor } from '../../ptz/rig.ts';
import { TEST_LIMIT_MS } from '../../support/patience.ts';
import { Pursuit } from './pursuit.ts';
import { SimulatedChase } from './simulated-chase.ts';

setDefaultTimeout(TEST_LIMIT_MS);

type Knot = [timeS: number, panDeg: number, tiltDeg: number, widthDeg: number];

/** An endless pan whose range begins at `seamDeg`, looking at `aboutDeg`; knots are about that. */
function endless(aboutDeg: number, path: Knot[], repeats = false): SceneFile {
  const { pan, ...motors } = defaultMotors();
  const start = aboutDeg > 180 ? aboutDeg - 360 : aboutDeg;
  return {
    ...defaultScene(),
    motors: { ...motors, pan: { ...pan, endless: true } },
    home: { pan_deg: start, tilt_deg: 12, zoom: 0 },
    targets: [
      { id: 1, label: 'drone', repeats, path: path.map(([s, deg, ...place]): Knot => [s, deg + aboutDeg, ...place]) },
    ],
  };
}

const THROUGH: Knot[] = [
  [0, -14, 12, 2.5],
  [14, 42, 12, 2.5],
];
const BACK: Knot[] = [
  [0, 14, 12, 2.5],
  [14, -42, 12, 2.5],
];
const STAYS: Knot[] = [
  [0, -8, 12, 2.5],
  [4, 6, 12, 2.5],
  [60, 6, 12, 2.5],
];

/** How far the pan turned in all, degrees. */
function travelOf(pursuit: Pursuit, act: () => void): number {
  let [travel, last] = [0, pursuit.camera.state().pan.position];
  const look = () => {
    const now = pursuit.camera.state().pan.position;
    travel += Math.abs(now - last - 360 * Math.round((now - last) / 360));
    last = now;
  };
  const run = pursuit.run.bind(pursuit);
  pursuit.run = (seconds: number) => {
    for (let s = 0; s < seconds; s += 0.1) {
      run(0.1);
      look();
    }
    return pursuit;
  };
  act();
  return travel;
}

const ACTS: readonly [name: string, path: Knot[], act: (pursuit: Pursuit) => void][] = [
  ['it follows through it', THROUGH, (pursuit) => pursuit.run(12)],
  ['it follows back through it', BACK, (pursuit) => pursuit.run(12)],
  [
    'it holds, looks around and finds again what was lost there',
    STAYS,
    (pursuit) => {
      pursuit.run(4.5).isBlind = true;
      pursuit.run(8).isBlind = false;
      pursuit.run(4);
    },
  ],
  [
    'it finds again what goes on through it unseen',
    THROUGH,
    (pursuit) => {
      pursuit.run(2.5).isBlind = true;
      pursuit.run(2.5).isBlind = false;
      pursuit.run(6);
    },
  ],
  [
    'somebody turns it away over it, and it comes back to what it lost',
    STAYS,
    (pursuit) => {
      pursuit.run(5).isBlind = true;
      pursuit.run(2.2);
      pursuit.canMove = false;
      const { panDeg } = pursuit.camera.start;
      const wrapped = ((panDeg + 40 + 540) % 360) - 180;
      pursuit.camera.command({ kind: 'to', values: { pan: wrapped }, maxRates: {} });
      pursuit.run(2).canMove = true;
      pursuit.run(3).isBlind = false;
      pursuit.run(5);
    },
  ],
];

describe.each([180, 176])('at the seam, from %i°', (seamDeg) => {
  test.each([...ACTS])('%s', (_name, path, act) => {
    const chased = [seamDeg, 0].map((aboutDeg) => {
      const pursuit = new Pursuit(endless(aboutDeg, path));
      pursuit.run(0.5);
      pursuit.select(1);
      const travel = travelOf(pursuit, () => act(pursuit));
      return { travel, off: pursuit.last.off ?? 1 };
    });
    const [there, elsewhere] = chased;
    expect(elsewhere?.off).toBeLessThan(0.1);
    expect(there?.off).toBeLessThan(0.1);
    // It looks around a target that stood still in no particular order.
    expect(Math.abs((there?.travel ?? 0) - (elsewhere?.travel ?? 0))).toBeLessThan(30);
  });
});

const TO_AND_FRO: Knot[] = [
  [0, -10, 12, 3],
  [6, 10, 12, 3],
  [12, -10, 12, 3],
];

describe('over the network, the generic positions −1 … 1 taken for', () => {
  test.each([
    ['velocity', [-180, 180]],
    ['velocity', [0, 360]],
    ['absolute', [-180, 180]],
    ['absolute', [0, 360]],
  ] as const)('%s, %p degrees', async (rung, range) => {
    const worstAt = async (aboutDeg: number) => {
      await using chase = await SimulatedChase.start({
        scene: endless(aboutDeg, TO_AND_FRO, true),
        known: { rung, plant: plantOf(rung) },
        driver: (server, parts) => driverFor(server, { rungs: [rung], pan_range_deg: [...range] }, parts.time, parts),
      });
      await chase.until('the camera is ready', () => chase.isReady, 120);
      await chase.select();
      await chase.run(3);
      let worst = 0;
      await chase.run(14, () => {
        worst = Math.max(worst, chase.offCentre());
      });
      return worst;
    };
    expect(await worstAt(180)).toBeLessThan((await worstAt(0)) + 0.03);
  });
});

/** The pan turned in all so far, and where it was last. */
class Travel {
  deg = 0;
  #last: number;
  readonly #chase: SimulatedChase;

  constructor(chase: SimulatedChase) {
    this.#chase = chase;
    this.#last = chase.camera.state().pan.position;
  }

  look(): void {
    const now = this.#chase.camera.state().pan.position;
    const by = now - this.#last;
    this.deg += Math.abs(by - 360 * Math.round(by / 360));
    this.#last = now;
  }
}

/** It follows out over the seam, loses what it followed, goes home on the other side, and follows the next target there. */
describe('home on the other side of the seam', () => {
  const LEAVES: Knot[] = [
    [0, -6, 12, 3],
    [3, -6, 12, 3],
    [11, 26, 12, 3],
    [11.1, 26, 89, 3],
    [30, 26, 89, 3],
    [30.1, -6, 12, 3],
    [60, -6, 12, 3],
  ];

  test.each([
    ['velocity', 179, [-180, 180]],
    ['velocity', -179, [-180, 180]],
    ['velocity', 186, [0, 360]],
    ['absolute', 179, [-180, 180]],
    ['absolute', 186, [0, 360]],
    ['velocity', 0, [-180, 180]],
  ] as const)('%s at %i, %p degrees', async (rung, aboutDeg, range) => {
    await using chase = await SimulatedChase.start({
      scene: endless(aboutDeg, LEAVES),
      known: { rung, plant: plantOf(rung) },
      params: { return_preset: 'home', return_after_s: 1, grace_s: 0.5, hold_s: 0.5 },
      driver: (server, parts) => {
        server.device.unit.setPreset(null, 'home');
        return driverFor(server, { rungs: [rung], pan_range_deg: [...range] }, parts.time, parts);
      },
    });
    await chase.until('the camera is ready', () => chase.isReady, 120);
    await chase.select();
    const out = new Travel(chase);
    const follows = () => Math.abs(turn(chase.camera.state().pan.position - aboutDeg)) > 20;
    while (!follows() && chase.camera.nowS() < 11) await chase.run(0.5, () => out.look());
    expect(follows()).toBe(true);
    expect(out.deg).toBeLessThan(60);
    const back = new Travel(chase);
    while (chase.camera.nowS() < 29.5) await chase.run(0.5, () => back.look());
    expect(Math.abs(turn(chase.camera.state().pan.position - aboutDeg))).toBeLessThan(1);
    expect(back.deg).toBeLessThan(60);
    const again = new Travel(chase);
    await chase.run(1);
    await chase.select();
    await chase.run(8, () => again.look());
    expect(chase.offCentre()).toBeLessThan(0.1);
    expect(again.deg).toBeLessThan(60);
  });
});

/**
 * A pan with ends, at 180 degrees: what is beyond is out of reach, nothing sends it the long way round, and the way that it
 * was told to go beyond its end is not reckoned with.
 */
test.each(['absolute', 'velocity'])('a pan with ends, %s: it stays at its end and comes back', async (rung) => {
  const scene = endless(165, [
    [0, -6, 12, 3],
    [4, -6, 12, 3],
    [10, 20, 12, 3],
    [20, 20, 12, 3],
    [26, -6, 12, 3],
    [60, -6, 12, 3],
  ]);
  await using chase = await SimulatedChase.start({
    scene: { ...scene, motors: { ...scene.motors, pan: { ...scene.motors.pan, endless: false } } },
    known: { rung, plant: plantOf(rung) },
    driver: (server, parts) => driverFor(server, { rungs: [rung] }, parts.time, parts),
  });
  await chase.until('the camera is ready', () => chase.isReady, 120);
  await chase.select();
  const travel = new Travel(chase);
  while (chase.camera.nowS() < 30) await chase.run(0.5, () => travel.look());
  expect(chase.offCentre()).toBeLessThan(0.1);
  expect(travel.deg).toBeLessThan(100);
});

/** An angle in [−180, 180). */
function turn(deg: number): number {
  return deg - 360 * Math.round(deg / 360);
}
