/** Every quirk of the virtual camera over real HTTP: which rung is taken, what is said, that it moves and stops. */
import { describe, expect, test } from 'bun:test';
import type { Rung } from '../../ptz/ladder.ts';
import { QUIRKS } from '../../sim/camera/quirks.ts';
import { defaultScene } from '../../sim/scene/scene-file.ts';
import { asked, driverFor, ManualTime, Rig } from './rig.ts';

const PAN = { pan: 0.5, tilt: 0, zoom: 0 };

interface Row {
  readonly quirk: string | null;
  readonly rung: Rung;
  readonly stopsByItself?: 'yes' | 'no' | 'unverified';
  readonly verified?: boolean;
  readonly stop?: string;
  /** In the verdict's notes or reasons. */
  readonly says?: string;
  readonly wrongLogins?: number;
}

const rows: Row[] = [
  { quirk: null, rung: 'velocity', stop: 'stop' },
  { quirk: 'no-relative-fov', rung: 'velocity' },
  { quirk: 'fov-refused', rung: 'velocity' },
  { quirk: 'always-moving', rung: 'velocity', says: 'MoveStatus says MOVING while the camera stands still' },
  {
    quirk: 'no-status',
    rung: 'velocity',
    verified: false,
    stopsByItself: 'unverified',
    says: 'does not report its position',
  },
  { quirk: 'nil-position', rung: 'velocity', says: 'does not report its position' },
  { quirk: 'zoom-half', rung: 'velocity' },
  { quirk: 'tilt-positions-down', rung: 'velocity', says: 'tilt positions have the opposite sign of velocities' },
  { quirk: 'timeout-ignored', rung: 'absolute', says: "ignores a velocity's Timeout" },
  { quirk: 'timeout-refused', rung: 'absolute', says: 'refuses a Timeout' },
  { quirk: 'stop-refused', rung: 'velocity', stop: 'zero-velocity', says: 'Stop does not work' },
  { quirk: 'clock-hour-off', rung: 'velocity', says: 'the clock of the camera differs by 3601 s' },
  { quirk: 'local-time-as-utc', rung: 'velocity', says: 'is local time reported as UTC?', wrongLogins: 1 },
  { quirk: 'digest-only', rung: 'velocity', says: 'login by HTTP digest' },
  { quirk: 'auth-for-time', rung: 'velocity', says: 'login by HTTP digest' },
  { quirk: 'wrong-xaddr', rung: 'velocity', says: 'the camera names 192.0.2.64 for its services' },
  { quirk: 'first-profile-without-ptz', rung: 'velocity', says: 'profile profile_sub is used' },
  { quirk: 'latency-300', rung: 'velocity' },
  {
    quirk: 'latency-1000',
    rung: 'velocity',
    says: 'if this process died, the camera would stand still 1700 ms later, not 1500 ms',
  },
  { quirk: 'drop-tenth', rung: 'velocity' },
  { quirk: 'lockout', rung: 'velocity' },
  { quirk: 'reboot', rung: 'velocity' },
  { quirk: 'octagon-busy', rung: 'velocity' },
  { quirk: 'octagon-alt-names', rung: 'velocity' },
];

test('no quirk is forgotten', () => {
  expect(rows.flatMap(({ quirk }) => quirk ?? [])).toEqual(QUIRKS.map(({ name }) => name));
});

describe('verdict', () => {
  test.each(rows.filter(({ quirk }) => quirk !== 'drop-tenth'))('$quirk → $rung', async (row) => {
    await using rig = await Rig.start(row.quirk === null ? [] : [row.quirk]);
    const { verdict } = await rig.open();
    expect(verdict.rung).toBe(row.rung);
    expect(verdict.verified).toBe(row.verified ?? true);
    expect(verdict.stopsByItself).toBe(row.stopsByItself ?? 'yes');
    if (row.stop) expect(verdict.stops.stop).toBe(row.stop as 'stop');
    if (row.says) expect(JSON.stringify([verdict.notes, verdict.rejected])).toContain(row.says);
    expect(rig.server.device.gate.wrongLogins).toBe(row.wrongLogins ?? 0);
    expect(rig.panRate()).toBe(0);
    expect(Math.abs(rig.panDeg())).toBeLessThan(5);

    const startDeg = rig.panDeg();
    expect(await rig.driver.velocity(PAN, 800)).toBe('sent');
    rig.time.advance(300);
    expect(rig.panRate()).toBeGreaterThan(10);
    await rig.driver.stop();
    rig.time.advance(500);
    expect(rig.panRate()).toBe(0);
    expect(rig.panDeg()).toBeGreaterThan(startDeg + 1);
    expect((await rig.status()).link.state).toBe('ready');
    await rig.driver.close();
    expect(rig.failures).toEqual([]);
  });

  test('drop-tenth: a lost request is sent again while connecting, and faulted in time afterwards', async () => {
    await using rig = await Rig.start(['drop-tenth']);
    // Deadlines are real here, and short: it is their job to end a request that gets no answer.
    const time = rig.time;
    const withRealDeadlines = {
      clock: time.clock,
      wait: (ms: number) => time.wait(ms),
      random: () => time.random(),
      after: (ms: number, run: () => void) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    };
    const driver = driverFor(rig.server, { request_ms: 100 }, withRealDeadlines);
    expect((await driver.open()).verdict).toMatchObject({ rung: 'velocity', verified: true, stopsByItself: 'yes' });
    const outcomes: string[] = [];
    for (let count = 0; count < 30; count++) {
      const code = (error: { code: string }) => error.code;
      outcomes.push(await driver.velocity(PAN, 1000).catch(code));
    }
    expect(outcomes.filter((outcome) => outcome === 'ptz_unreachable').length).toBe(3);
    expect(outcomes.filter((outcome) => outcome === 'sent').length).toBe(27);
    for (let count = 0; count < 12; count++) await driver.stop();
    time.advance(500);
    expect(rig.panRate()).toBe(0);
    await driver.close();
  });
});

describe('the lower rungs', () => {
  const lower: { rung: Rung; quirks: string[] }[] = [
    { rung: 'absolute', quirks: [] },
    { rung: 'absolute', quirks: ['stop-refused'] },
    { rung: 'relative', quirks: [] },
    { rung: 'relative', quirks: ['no-relative-fov'] },
    { rung: 'relative-fov', quirks: [] },
    { rung: 'relative-fov', quirks: ['zoom-half'] },
  ];
  test.each(lower)(
    '$rung $quirks: velocities move it about as far as they say, and it stops by itself',
    async ({ rung, quirks }) => {
      await using rig = await Rig.start(quirks, { rungs: [rung] });
      const { verdict } = await rig.open();
      expect(verdict).toMatchObject({ rung, verified: true });
      const startDeg = rig.panDeg();
      for (let step = 0; step < 10; step++) {
        await rig.driver.velocity({ pan: 0.5, tilt: 0, zoom: 0 }, 400);
        rig.time.advance(200);
      }
      // No stop is sent: our process could be dead.
      const farDeg = rig.panDeg() - startDeg;
      expect(farDeg).toBeGreaterThan(10);
      expect(farDeg).toBeLessThan(60);
      rig.time.advance(1200);
      expect(rig.panRate()).toBe(0);
      await rig.driver.close();
    },
  );

  test('relative-fov, listed and refused: there is no rung left, and it is said', async () => {
    await using rig = await Rig.start(['fov-refused'], { rungs: ['relative-fov'] });
    const { verdict } = await rig.open();
    expect(verdict.rung).toBeNull();
    expect(verdict.rejected.at(-1)?.reason).toContain('SpaceNotSupported');
    await expect(rig.driver.velocity(PAN, 500)).rejects.toThrow('not supported by the camera');
    await rig.driver.close();
  });

  test.each(['timeout-ignored', 'timeout-refused'])(
    '%s with a guardian: velocity, stopped by ourselves',
    async (quirk) => {
      await using rig = await Rig.start([quirk], { guardian: true });
      const { verdict } = await rig.open();
      expect(verdict).toMatchObject({ rung: 'velocity', stopsByItself: 'no' });
      await rig.driver.velocity(PAN, 600);
      rig.time.advance(500);
      expect(rig.panRate()).toBeCloseTo(45, 3);
      const stops = rig.calls('Stop');
      rig.time.advance(100);
      // The watchdog's stop is on its way; what comes after it in the queue has seen it.
      await asked(rig.driver);
      expect(rig.calls('Stop')).toBe(stops + 1);
      rig.time.advance(500);
      expect(rig.panRate()).toBe(0);
      await rig.driver.close();
    },
  );
});

describe('motors', () => {
  const motors = defaultScene().motors;
  const pan = { ...motors.pan, max_deg_s: 15, accel_deg_s2: 20 };
  test.each([
    { what: 'that take 600 ms to react', changes: { command_delay_ms: 600 } },
    { what: 'that are slow and weak', changes: { pan } },
  ])('$what are not taken for a Timeout that is ignored', async ({ changes }) => {
    const scene = { ...defaultScene(), motors: { ...motors, ...changes } };
    await using rig = await Rig.start([], {}, scene);
    const { verdict } = await rig.open();
    expect(verdict).toMatchObject({
      rung: 'velocity',
      stopsByItself: 'yes',
      stops: { timeout: 'works', stop: 'stop' },
    });
    await rig.driver.close();
  });
});

describe('positions and presets', () => {
  test('positions are degrees when the options tell the ranges; zoom is a share of what the camera reports', async () => {
    await using rig = await Rig.start(['zoom-half'], { pan_range_deg: [-180, 180], tilt_range_deg: [-20, 90] });
    expect(await rig.open()).toMatchObject({ positionUnit: 'degrees' });
    rig.server.camera.command({ kind: 'to', values: { pan: 30, tilt: 20, zoom: 1 }, maxRates: {} });
    rig.time.advance(8000);
    const status = await rig.status();
    expect([status.pan, status.tilt, status.zoom].map((value) => Math.round((value ?? 0) * 100) / 100)).toEqual([
      30, 20, 1,
    ]);
    await rig.driver.close();
  });

  test('presets, by token or by name: it goes there, and one that is not there is told with those that are', async () => {
    await using rig = await Rig.start();
    await rig.open();
    rig.server.device.unit.setPreset(null, 'gate');
    rig.server.camera.command({ kind: 'to', values: { pan: 40 }, maxRates: {} });
    rig.time.advance(4000);
    const token = await rig.driver.goTo('gate');
    rig.time.advance(4000);
    expect(rig.panDeg()).toBeLessThan(5);
    expect(await rig.driver.goTo(token)).toBe(token);
    await expect(rig.driver.goTo('none')).rejects.toThrow(`got ${token} (gate)`);
    await rig.driver.close();
  });

  test('tilt-positions-down: positions and velocities agree', async () => {
    await using rig = await Rig.start(['tilt-positions-down']);
    await rig.open();
    const tiltDeg = () => rig.server.camera.state().tilt.position;
    // Three quarters of the way up from -20 to 90 degrees.
    rig.server.camera.command({ kind: 'to', values: { pan: 0, tilt: 62.5 }, maxRates: {} });
    rig.time.advance(4000);
    expect((await rig.status()).tilt).toBeCloseTo(0.5, 4);
    await rig.driver.velocity({ pan: 0, tilt: 0.2, zoom: 0 }, 800);
    rig.time.advance(500);
    expect(tiltDeg()).toBeGreaterThan(64);
    expect((await rig.status()).tilt).toBeGreaterThan(0.51);
    await rig.driver.close();
  });

  test('always-moving: whether it moves is told by its position', async () => {
    await using rig = await Rig.start(['always-moving']);
    await rig.open();
    await rig.status();
    rig.time.advance(400);
    expect((await rig.status()).moving).toBe(false);
    await rig.driver.velocity(PAN, 1000);
    rig.time.advance(400);
    expect((await rig.status()).moving).toBe(true);
    await rig.driver.close();
  });
});

test('without small moves the camera is believed, and that is said', async () => {
  await using rig = await Rig.start(['timeout-ignored'], { probe: false });
  const { verdict } = await rig.open();
  expect(verdict).toMatchObject({ rung: 'velocity', verified: false, stopsByItself: 'unverified' });
  expect(verdict.notes).toContain('not verified by test moves: probe is off');
  expect(rig.calls('ContinuousMove')).toBe(0);
  await rig.driver.close();
});

test('the test time runs its timers in order', () => {
  const time = new ManualTime();
  const ran: number[] = [];
  for (const ms of [30, 10, 20]) time.after(ms, () => ran.push(time.clock.monoMs()));
  time.advance(25);
  expect(ran).toEqual([10, 20]);
});
