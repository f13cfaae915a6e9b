/** A process that moves a camera until it is killed: `bun mover.ts OPTIONS_JSON`. Prints its verdict, then `moving`. */
import { OnvifDriver } from '../../../../nodes/autotrack/drivers/onvif/onvif-driver.ts';
import type { OnvifOptions } from '../../../../nodes/autotrack/drivers/onvif/options.ts';
import { realTime } from '../../../../nodes/autotrack/drivers/time.ts';
import { SystemClock } from '../../../../runtime/clock.ts';

const options: OnvifOptions = JSON.parse(process.argv[2] ?? '{}');
const driver = new OnvifDriver(options, realTime(new SystemClock()));
const { verdict } = await driver.open();
console.log(JSON.stringify(verdict));
for (let count = 0; ; count++) {
  await driver.moveVelocity({ pan: 0.2, tilt: 0, zoom: 0 }, 900);
  if (count === 3) console.log('moving');
  await Bun.sleep(150);
}
