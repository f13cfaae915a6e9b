/**
 * Camera drivers: from checked options to a driver that moves a camera. The only file of this folder that others
 * import, beside accounts.ts.
 *
 *     const driver = makeDriver(options, { time: realTime(clock), head });
 *     const { verdict, leaseMs } = await driver.open(signal);
 *     await driver.velocity({ pan: 0.4, tilt: 0, zoom: 0 }, leaseMs);
 *     await driver.close();
 */
import { join } from 'node:path';
import { WindhoverError } from '../runtime/node.ts';
import { ProcessLock, userFolder } from '../runtime/process-lock.ts';
import type { MotionListener, PtzDriver } from './driver.ts';
import { Guard } from './guardian/guard.ts';
import { Account } from './network/account.ts';
import { cameraUrl } from './network/http.ts';
import { NetworkDriver } from './network/network-driver.ts';
import type { CameraAddress } from './network/options.ts';
import { noneDriver } from './none.ts';
import { OctagonCamera } from './octagon/camera.ts';
import { pickOctagon } from './octagon/options.ts';
import { OnvifCamera } from './onvif/camera.ts';
import { checkDriverOptions, type DriverOptions } from './options.ts';
import { OctagonPosition, withPosition } from './position.ts';
import { SimDriver, type SimHead } from './sim.ts';
import type { DriverTime } from './time.ts';

export * from './driver.ts';
export type { Verdict } from './ladder.ts';
export { Account } from './network/account.ts';
export { CameraMedia } from './onvif/camera-media.ts';
export { type Credentials, DigestChallenge } from './onvif/credentials.ts';
export { discoverDevices, type FoundDevice } from './onvif/discovery.ts';
export type { MediaProfile } from './onvif/media.ts';
export { MOST_SCENE_CHARS, readScenes, type Scene, type SceneObject } from './onvif/scene.ts';
export { checkDriverOptions, DriverOptions, driverParams } from './options.ts';
export type { SimHead } from './sim.ts';
export { type DriverTime, realTime } from './time.ts';

export interface DriverSurroundings {
  readonly time: DriverTime;
  /** The motors that `driver: sim` moves. */
  readonly head?: SimHead | undefined;
  /** Hears what goes out to the camera. */
  readonly listener?: MotionListener | undefined;
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
  return withPosition(driver, isOctagon ? new OctagonPosition(pickOctagon(octagon), surroundings.time) : null);
}

function mover({ driver, onvif, octagon }: DriverOptions, { time, head, listener }: DriverSurroundings): PtzDriver {
  const parts = ({ url }: CameraAddress) => ({ time, guard: new Guard(time), lock: lockOf(url), listener });
  if (driver === 'onvif' && onvif)
    return new NetworkDriver(new OnvifCamera(onvif, time, accountOf(onvif, time)), onvif, parts(onvif));
  if (driver === 'octagon' && octagon)
    return new NetworkDriver(new OctagonCamera(octagon, time), octagon, parts(octagon));
  if (driver !== 'sim') return noneDriver(time);
  if (head) return new SimDriver(head, time, listener);
  throw new WindhoverError('ptz_options', 'driver: sim has no motors to move', {
    hint: 'driver: sim needs a graph with use: virtual-ptz',
    option: 'driver',
  });
}

function accountOf({ url, username, password }: CameraAddress, time: DriverTime): Account {
  return new Account({ host: cameraUrl(url, '/').host, username, password }, time);
}

/** One for all processes of this user on this machine, whatever the protocol: two would undo each other's moves and stops. */
function lockOf(url: string): ProcessLock {
  return new ProcessLock(join(userFolder(), `${encodeURIComponent(cameraUrl(url, '/').host)}.lock`));
}
