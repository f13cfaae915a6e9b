/** A camera over ONVIF. How it is steered is found out when connecting: see ../ladder.ts and probe.ts. */

import { type MotionWatch, UNWATCHED } from '../network/motion-watch.ts';
import { NetworkDriver } from '../network/network-driver.ts';
import type { DriverTime } from '../time.ts';
import { OnvifCamera } from './camera.ts';
import type { OnvifOptions } from './options.ts';

export class OnvifDriver extends NetworkDriver {
  constructor(options: OnvifOptions, time: DriverTime, watch: MotionWatch = UNWATCHED) {
    super({ camera: new OnvifCamera(options, time, watch), time, openMs: options.open_ms, watch });
  }
}
