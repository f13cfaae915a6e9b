/** A worker that drives a camera, as those of a session do. */

import { Value } from '@sinclair/typebox/value';
import { GuardedDriver } from '../../ptz/guardian/guarded-driver.ts';
import { OctagonDriver } from '../../ptz/octagon/octagon-driver.ts';
import { OctagonOptions } from '../../ptz/octagon/options.ts';
import { realTime } from '../../ptz/time.ts';
import { SystemClock } from '../../runtime/clock.ts';

declare const self: Worker;

self.onmessage = async ({ data }) => {
  const options = Value.Decode(OctagonOptions, Value.Default(OctagonOptions, data));
  const time = realTime(new SystemClock());
  const driver = new GuardedDriver((watch) => new OctagonDriver(options, time, watch), time);
  await driver.open();
  const outcome = await driver.moveVelocity({ pan: 0.1, tilt: 0, zoom: 0 }, 500);
  const hasGuardian = driver.guardianPid !== null;
  await driver.close();
  postMessage({ outcome, hasGuardian });
};
