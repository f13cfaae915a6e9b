/**
 * Camera drivers: from checked options to a driver that moves a camera.
 *
 *     const driver = makeDriver(options, { time: realTime(clock), head });
 *     const { verdict, leaseMs } = await driver.open(signal);
 *     await driver.moveVelocity({ pan: 0.4, tilt: 0, zoom: 0 }, leaseMs);
 *     await driver.close();
 */
import { WindhoverError } from '../runtime/node.ts';
import type { PtzDriver } from './driver.ts';
import { GuardedDriver } from './guardian/guarded-driver.ts';
import { noneDriver } from './none.ts';
import { OctagonDriver } from './octagon/octagon-driver.ts';
import { OctagonPosition } from './octagon/octagon-position.ts';
import { pickAddress } from './octagon/options.ts';
import { OnvifDriver } from './onvif/onvif-driver.ts';
import { checkDriverOptions, type DriverOptions } from './options.ts';
import { withPosition } from './position.ts';
import { SimDriver, type SimHead } from './sim.ts';
import type { DriverTime } from './time.ts';

export * from './driver.ts';
export type { Verdict } from './ladder.ts';
export { checkDriverOptions, DriverOptions, driverParams } from './options.ts';
export type { SimHead } from './sim.ts';
export { type DriverTime, realTime } from './time.ts';

export interface DriverSurroundings {
  readonly time: DriverTime;
  /** The motors that `driver: sim` moves. */
  readonly head?: SimHead | undefined;
}

/**
 * The driver that the options name, not connected yet. Cameras that keep moving after their last
 * velocity get a guardian (guardian/) when it is opened.
 * @throws WindhoverError `ptz_options`, `ptz_url`
 */
export function makeDriver(options: DriverOptions, surroundings: DriverSurroundings): PtzDriver {
  checkDriverOptions(options);
  const driver = mover(options, surroundings);
  const { position, octagon } = options;
  if (position === 'same') return driver;
  const isOctagon = position === 'octagon' && octagon !== undefined;
  return withPosition(driver, isOctagon ? new OctagonPosition(pickAddress(octagon), surroundings.time) : null);
}

function mover({ driver, onvif, octagon }: DriverOptions, { time, head }: DriverSurroundings): PtzDriver {
  if (driver === 'onvif' && onvif) return new GuardedDriver((watch) => new OnvifDriver(onvif, time, watch), time);
  if (driver === 'octagon' && octagon)
    return new GuardedDriver((watch) => new OctagonDriver(octagon, time, watch), time);
  if (driver !== 'sim') return noneDriver(time);
  if (head) return new SimDriver(head, time);
  throw new WindhoverError('ptz_options', 'driver: sim has no motors to move', {
    hint: 'driver: sim needs a graph with use: virtual-ptz',
    option: 'driver',
  });
}
