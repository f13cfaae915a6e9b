/** A camera over ONVIF. How it is steered is found out when connecting: see ../ladder.ts and probe.ts. */
import { LeasedDriver } from '../leased-driver.ts';
import { type MotionWatch, UNWATCHED } from '../motion-watch.ts';
import type { DriverTime } from '../time.ts';
import { OnvifCamera } from './camera.ts';
import type { OnvifOptions } from './options.ts';

export class OnvifDriver extends LeasedDriver {
  constructor(options: OnvifOptions, time: DriverTime, watch: MotionWatch = UNWATCHED) {
    super({ camera: new OnvifCamera(options, time, watch), time, openMs: options.open_ms, watch });
  }
}
