/** The line to the camera: connected again and again, and how it stands. */
import { expect, test } from 'bun:test';
import { CameraLink } from '../../../nodes/autotrack/camera-link.ts';
import type { Link, PtzDriver, Velocity } from '../../../ptz/index.ts';
import { noneDriver } from '../../../ptz/none.ts';
import { WindhoverError } from '../../../runtime/errors.ts';
import { ManualTime } from '../../ptz/rig.ts';
import { until } from '../../support/patience.ts';

const RIGHT: Velocity = { pan: 0.5, tilt: 0, zoom: 0 };
const NONE: Velocity = { pan: 0, tilt: 0, zoom: 0 };

/** Waits end when the test says so, or when the link is closed. */
class StillTime extends ManualTime {
  readonly waits: { readonly ms: number; readonly over: () => void }[] = [];

  override wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.waits.push({ ms, over: resolve });
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }
}

function rig(driver: Partial<PtzDriver>) {
  const time = new StillTime();
  const warnings: string[] = [];
  const log = {
    ...{ debug: () => undefined, info: () => undefined, error: () => undefined },
    warn: (text: string) => void warnings.push(text),
  };
  const link = new CameraLink({ ...noneDriver(time), ...driver }, time, log, {
    status: () => undefined,
    changed: () => undefined,
    commanded: () => undefined,
  });
  return { link, time, warnings };
}

test('it connects until that succeeds, not before the driver allows it, and says the same fault once', async () => {
  let attempts = 0;
  let now: Link = { state: 'refused', reason: 'the camera refused the login', nextTryMs: 60_000 };
  const time = new ManualTime();
  const none = noneDriver(time);
  const {
    link,
    time: still,
    warnings,
  } = rig({
    open: async () => {
      if (++attempts < 4) throw new WindhoverError('ptz_login', 'the camera refused the login');
      now = { state: 'ready', reason: null, nextTryMs: null };
      return await none.open();
    },
    status: async () => ({ ...(await none.status()), link: now }),
  });
  expect(link.view.state).toBe('connecting');
  link.start();
  for (let wait = 0; wait < 3; wait++) {
    await until('it waits', () => still.waits.length > wait);
    expect([link.view.state, still.waits[wait]?.ms]).toEqual(['refused', 60_000]);
    still.waits[wait]?.over();
  }
  await until('ready', () => link.isReady);
  expect([attempts, warnings.length]).toEqual([4, 1]);
  expect(link.capabilities?.verdict.rung).toBeNull();
  await link.close();
});

test('nothing is sent to a camera that is not there; then velocities, and what fails is said', async () => {
  const calls: string[] = [];
  const { link, warnings } = rig({
    velocity: async ({ pan }, leaseMs) => {
      calls.push(`${pan} for ${leaseMs} ms`);
      if (pan !== 0) throw new WindhoverError('ptz_unreachable', 'no answer');
      return 'sent';
    },
  });
  link.send(RIGHT, 800);
  link.start();
  await until('ready', () => link.isReady);
  link.send(RIGHT, 800);
  link.send(NONE, 800);
  await until('both are out', () => calls.length === 2);
  expect(calls).toEqual(['0.5 for 800 ms', '0 for 800 ms']);
  await until('it is said', () => warnings.length === 1);
  expect(warnings).toEqual(['no answer']);
  await link.close();
});
