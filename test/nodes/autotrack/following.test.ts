/**
 * How well a drone is followed with every camera that the virtual one can be: each quirk, each rung, each protocol. The
 * camera's own truth is judged, in simulated time; that the whole program does it is in test/e2e/follow.
 */
import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { pickOctagon } from '../../../ptz/octagon/options.ts';
import { OctagonPosition, withPosition } from '../../../ptz/position.ts';
import { QUIRKS } from '../../../sim/camera/quirks.ts';
import type { SceneFile } from '../../../sim/scene/scene-file.ts';
import { plantOf } from '../../e2e/chase-graph.ts';
import { strollScene } from '../../e2e/scenes.ts';
import { octagonDriver, octagonOptions } from '../../ptz/octagon-rig.ts';
import { driverFor } from '../../ptz/rig.ts';
import { TEST_LIMIT_MS } from '../../support/patience.ts';
import { SimulatedChase, type SimulatedOptions } from './simulated-chase.ts';

setDefaultTimeout(TEST_LIMIT_MS);

interface Case {
  readonly name: string;
  readonly quirks: readonly string[];
  readonly loseEvery?: number;
  readonly rung?: 'velocity' | 'absolute' | 'relative' | 'relative-fov';
  readonly driver?: SimulatedOptions['driver'];
  /** From a command to the first picture that shows it, beyond what the motors take. */
  readonly delayMs?: number;
  /** The target stays within this share of the picture's width of its centre. */
  readonly within?: number;
  /** The same for the mean square. */
  readonly mostRms?: number;
  /** So many times as slow is the drone. */
  readonly slower?: number;
  /** How long it may take to get there. */
  readonly settleS?: number;
}

const WITHIN = 0.1;
const SETTLE_S = 3;
const STAYS_S = 10;
/** Of those that do nothing to it: one turn, which is all that shows in the camera's answers. */
const STAYS_SHORT_S = 4;

const onvif =
  (options = {}): SimulatedOptions['driver'] =>
  (server, parts) =>
    driverFor(server, options, parts.time, parts);
const octagon: SimulatedOptions['driver'] = ({ port }, parts) => octagonDriver(octagonOptions(port), parts);
const onlyRung = (rung: Case['rung'] & string): Case => ({
  ...{ name: `only ${rung}`, quirks: [], rung, driver: onvif({ rungs: [rung] }) },
});

/** What they do to the following. Those that are not here do nothing to it. */
const SPECIAL: Readonly<Record<string, Partial<Case>>> = {
  'timeout-ignored': { rung: 'absolute' },
  'timeout-refused': { rung: 'absolute' },
  'latency-300': { delayMs: 300 },
  // Of every second it moves for 300 ms: its leases must be that short for it to stand in time, and the next one can't be
  // sent before the last one is answered. All that is asked is that a slow target stays in the picture.
  'latency-1000': { delayMs: 1000, within: 0.5, settleS: 6, slower: 3 },
  // A dropped stop costs half a second in which the target is overshot and has to be found again.
  'drop-tenth': {
    quirks: [],
    loseEvery: 10,
    driver: onvif({ request_ms: 500 }),
    within: 0.15,
    mostRms: 0.06,
    settleS: 5,
  },
};

const CASES: readonly Case[] = [
  { name: 'no quirk', quirks: [] },
  // It restarts in real time: test/e2e/away.
  ...QUIRKS.filter(({ name }) => name !== 'reboot').map(({ name }) => ({ name, quirks: [name], ...SPECIAL[name] })),
  onlyRung('absolute'),
  onlyRung('relative'),
  onlyRung('relative-fov'),
  {
    ...{ name: 'position by octagon', quirks: ['no-status'] },
    driver: (server, parts) =>
      withPosition(
        driverFor(server, {}, parts.time, parts),
        new OctagonPosition(pickOctagon(octagonOptions(server.port)), parts.time),
      ),
  },
  ...[[], ['octagon-busy'], ['octagon-alt-names']].map((quirks) => ({
    ...{ name: ['octagon', ...quirks].join(' '), quirks, driver: octagon },
  })),
];

const rows: string[] = [];
afterAll(() => console.log(rows.join('\n')));

test.each([...CASES])('$name', async (one) => {
  const { name, quirks, rung = 'velocity', driver = onvif(), loseEvery = 0, delayMs = 0 } = one;
  const { within = WITHIN, mostRms = within, settleS = SETTLE_S, slower = 1 } = one;
  const known = { rung, plant: plantOf(rung, delayMs) };
  await using chase = await SimulatedChase.start({
    quirks,
    loseEvery,
    driver,
    known,
    scene: slowed(strollScene, slower),
  });
  await chase.until('the camera is ready', () => chase.isReady, 120);
  await chase.select();
  const beganS = chase.camera.nowS();
  const seen: { readonly atS: number; readonly off: number }[] = [];
  const staysS = quirks.length === 1 && !(name in SPECIAL) ? STAYS_SHORT_S : STAYS_S;
  await chase.run(settleS + staysS, () => {
    seen.push({ atS: chase.camera.nowS() - beganS, off: chase.offCentre() });
  });
  const settled = seen.filter(({ atS }) => atS > settleS).map(({ off }) => off);
  const worst = Math.max(...settled);
  const rms = Math.sqrt(settled.reduce((sum, off) => sum + off * off, 0) / settled.length);
  const [first, ...more] = [rms, worst, within].map((share) => `${(100 * share).toFixed(1)} %`);
  const at = seen.find(({ off }) => off === worst)?.atS.toFixed(1);
  rows.push(`${name.padEnd(26)} at ${at} rms ${first}, worst ${more.join(' of ')}`);
  expect(worst).toBeLessThan(within);
  expect(rms).toBeLessThan(mostRms);
});

test('switched off in the middle of a turn: it stands at once; switched on: it follows again', async () => {
  const known = { rung: 'velocity', plant: plantOf('velocity', 0) };
  await using chase = await SimulatedChase.start({ driver: onvif(), known, scene: strollScene });
  const isTurning = () => chase.camera.isMoving('pan');
  await chase.until('the camera is ready', () => chase.isReady, 120);
  await chase.select();
  await chase.until('it turns', isTurning, 20);
  await chase.update({ enabled: false });
  // Well before its last command has run out.
  await chase.until('it stands', () => !isTurning(), 0.4);
  let turns = 0;
  await chase.run(5, () => {
    if (isTurning()) turns += 1;
  });
  expect(turns).toBe(0);
  await chase.update({ enabled: true });
  await chase.until('it turns again', isTurning, 20);
  // By the operator, in the same way.
  await chase.switch(false);
  await chase.until('it stands again', () => !isTurning(), 0.4);
  await chase.switch(true);
  await chase.until('it turns once more', isTurning, 20);
});

function slowed(scene: SceneFile, factor: number): SceneFile {
  const targets = scene.targets.map(({ path = [], ...target }) => ({
    ...target,
    path: path.map(([timeS, ...place]): (typeof path)[number] => [timeS * factor, ...place]),
  }));
  return { ...scene, targets };
}
