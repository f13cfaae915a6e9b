/** Two processes that want to steer one camera: the second one waits until the first is gone, and moves nothing. */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import { DriverOptions, makeDriver, realTime } from '../../ptz/index.ts';
import { SystemClock } from '../../runtime/clock.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { Fleet } from './fleet.ts';
import { PASSWORD, USER } from './rig.ts';

setDefaultTimeout(TEST_LIMIT_MS);

function driverOf(protocol: 'onvif' | 'octagon', url: string) {
  const section = { url, username: USER, password: PASSWORD, probe: false };
  const options = Value.Default(DriverOptions, { driver: protocol, [protocol]: section });
  return makeDriver(Value.Decode(DriverOptions, options), { time: realTime(new SystemClock()) });
}

test.each(['onvif', 'octagon'] as const)('%s: a camera that another process steers', async (protocol) => {
  await using fleet = await Fleet.start([{ name: 'one', quirks: [], driver: protocol, options: { probe: false } }]);
  const [camera] = fleet.cameras;
  const url = `127.0.0.1:${camera?.proxy.port}`;
  // By the other protocol it is the same camera.
  for (const by of ['onvif', 'octagon'] as const) {
    const driver = driverOf(by, url);
    const moves = camera?.server.device.lastMove;
    await expect(driver.open()).rejects.toMatchObject({
      code: 'ptz_in_use',
      message: expect.stringContaining(`process ${fleet.mover.pid}`),
    });
    const { link } = await driver.status();
    expect(link).toMatchObject({ state: 'connecting', reason: expect.stringContaining('another process steers') });
    expect(camera?.server.device.lastMove).toBe(moves ?? null);
    await driver.close();
  }
  fleet.mover.kill('SIGKILL');
  await fleet.mover.exited;
  const driver = driverOf(protocol, url);
  expect((await driver.open()).verdict.rung).toBe('velocity');
  await driver.close();
});
