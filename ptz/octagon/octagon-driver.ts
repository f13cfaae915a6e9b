/**
 * A camera over the Octagon HTTP API. Its moves run until they are stopped and take no time limit, so
 * another process must be able to stop it: see ../guardian/.
 */

import { type MotionWatch, UNWATCHED } from '../network/motion-watch.ts';
import { NetworkDriver } from '../network/network-driver.ts';
import type { DriverTime } from '../time.ts';
import { OctagonCamera } from './camera.ts';
import type { OctagonOptions } from './options.ts';

export class OctagonDriver extends NetworkDriver {
  constructor(options: OctagonOptions, time: DriverTime, watch: MotionWatch = UNWATCHED) {
    super({ camera: new OctagonCamera(options, time, watch), time, openMs: options.open_ms, watch });
  }
}
