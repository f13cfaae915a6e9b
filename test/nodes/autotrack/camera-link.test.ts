/** The line to the camera: what is taken to be under way, and for how long. */

import { expect, test } from 'bun:test';
import { CameraLink } from '../../../nodes/autotrack/camera-link.ts';
import type { PtzDriver, Velocity } from '../../../ptz/driver.ts';
import { noneDriver } from '../../../ptz/none.ts';
import { WindhoverError } from '../../../runtime/errors.ts';
import { ManualTime } from '../../ptz/rig.ts';
import { until } from '../../support/patience.ts';

const RIGHT: Velocity = { pan: 0.5, tilt: 0, zoom: 0 };
const NONE: Velocity = { pan: 0, tilt: 0, zoom: 0 };
const LOG = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Time that passes only when the test says so: the link's pauses end when it is closed. */
class StillTime extends ManualTime {
  override wait(_ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
  }
}

async function connected(driver: Partial<PtzDriver>) {
  const time = new StillTime();
  const unanswered: number[] = [];
  const sent: { readonly velocity: Velocity; readonly atMs: number }[] = [];
  const link = new CameraLink({ ...noneDriver(time), ...driver }, time, LOG, {
    sent: (velocity, atMs) => sent.push({ velocity, atMs }),
    status: () => undefined,
    unanswered: (atMs) => unanswered.push(atMs),
    changed: () => undefined,
  });
  link.start();
  await until('ready', () => link.isReady);
  return { link, time, sent, unanswered };
}

test('a velocity that is not renewed is over at the end of its lease', async () => {
  const { link, time, sent } = await connected({});
  link.send(RIGHT, 1000);
  time.advance(600);
  link.send(RIGHT, 1000);
  await until('both are through', () => sent.length === 2);
  time.advance(999);
  expect(link.velocity).toEqual(RIGHT);
  time.advance(1);
  expect(link.velocity).toEqual(NONE);
  expect(sent).toEqual([
    { velocity: RIGHT, atMs: 0 },
    { velocity: RIGHT, atMs: 600 },
    { velocity: NONE, atMs: 1600 },
  ]);
  // It was none of ours to send: the driver ends its leases by itself.
  expect(link.sentCount).toBe(2);
  await link.close();
});

test('also when the camera is lost and takes no stop', async () => {
  let isLost = false;
  const lost = async () => {
    throw new WindhoverError('ptz_unreachable', 'the camera is lost');
  };
  const { link, time } = await connected({
    moveVelocity: async () => 'sent',
    stop: () => (isLost ? lost() : Promise.resolve()),
  });
  link.send(RIGHT, 800);
  isLost = true;
  time.advance(800);
  expect(link.velocity).toEqual(NONE);
  await link.close();
});

test('a velocity without an answer is said to be in doubt, early and when it is given up; one with an answer is not', async () => {
  const lost = Promise.withResolvers<'sent'>();
  let answers: () => Promise<'sent'> = async () => 'sent';
  const { link, time, sent, unanswered } = await connected({ moveVelocity: () => answers() });
  link.send(RIGHT, 1000);
  await until('sent', () => sent.length === 1);
  await Promise.resolve();
  time.advance(500);
  expect(unanswered).toEqual([]);
  answers = () => lost.promise;
  link.send({ ...RIGHT, pan: 1 }, 1000);
  await until('sent too', () => sent.length === 2);
  time.advance(150);
  expect(unanswered).toEqual([650]);
  time.advance(350);
  lost.reject(new WindhoverError('ptz_unreachable', 'no answer'));
  await until('given up', () => sent.length === 3);
  expect(unanswered).toEqual([650, 1000]);
  await link.close();
});

test('a stop before its end is the end', async () => {
  const { link, time, sent } = await connected({});
  link.send(RIGHT, 1000);
  await until('sent', () => sent.length === 1);
  link.stop();
  await until('stopped', () => sent.length === 2);
  time.advance(2000);
  expect(sent.map(({ velocity }) => velocity)).toEqual([RIGHT, NONE]);
  await link.close();
});
