/** A worker that drives a camera, as those of a session do. */

import { Value } from '@sinclair/typebox/value';
import { Guard } from '../../ptz/guardian/guard.ts';
import { OctagonOptions } from '../../ptz/octagon/options.ts';
import { realTime } from '../../ptz/time.ts';
import { SystemClock } from '../../runtime/clock.ts';
import { octagonDriver } from './octagon-rig.ts';

declare const self: Worker;

self.onmessage = async ({ data }) => {
  const options = Value.Decode(OctagonOptions, Value.Default(OctagonOptions, data));
  const time = realTime(new SystemClock());
  const guard = new Guard(time);
  const driver = octagonDriver(options, { time, guard });
  await driver.open();
  const outcome = await driver.velocity({ pan: 0.1, tilt: 0, zoom: 0 }, 500);
  const hasGuardian = guard.pid !== null;
  await driver.close();
  postMessage({ outcome, hasGuardian });
};
