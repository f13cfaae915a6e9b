/**
 * A process that moves cameras until something happens to it. Its parent tells it what over IPC; the messages are here.
 * It moves all of them, each with a driver of its own, as a session's worker moves one.
 */
import { type DriverOptions, makeDriver, type PtzDriver, realTime } from '../../ptz/index.ts';
import type { Verdict } from '../../ptz/ladder.ts';
import { SystemClock } from '../../runtime/clock.ts';

export type ToMover =
  | { readonly type: 'open'; readonly cameras: readonly DriverOptions[] }
  /** Until told otherwise. */
  | { readonly type: 'move'; readonly pan: number }
  /** Stops all. */
  | { readonly type: 'rest' }
  /** Holds the event loop for so long. */
  | { readonly type: 'block'; readonly ms: number }
  | { readonly type: 'close' };

export type FromMover =
  | { readonly type: 'hello' }
  | { readonly type: 'opened'; readonly index: number; readonly verdict: Verdict }
  | { readonly type: 'failed'; readonly index: number; readonly error: string }
  | { readonly type: 'closed' };

const RENEW_MS = 100;
const STATUS_EVERY = 4;
const ATTEMPTS = 20;

const send = (message: FromMover) => process.send?.(message);
const drivers: { readonly driver: PtzDriver; readonly leaseMs: number }[] = [];

async function open(index: number, options: DriverOptions): Promise<void> {
  const driver = makeDriver(options, { time: realTime(new SystemClock()) });
  for (let attempt = 1; ; attempt++) {
    try {
      const { verdict, leaseMs } = await driver.open();
      const opened = { driver, leaseMs };
      drivers.push(opened);
      void steer(opened);
      send({ type: 'opened', index, verdict });
      return;
    } catch (error) {
      // Dozens of processes start at once here: what came too late is tried again, as a tracker does.
      if (attempt === ATTEMPTS) send({ type: 'failed', index, error: String(error) });
      if (attempt === ATTEMPTS) return;
      await Bun.sleep(500);
    }
  }
}

/** As a tracker does: ten times a second, whatever became of the last one; what fails is tried again. */
async function steer({ driver, leaseMs }: (typeof drivers)[number]): Promise<void> {
  for (let count = 0; !isClosing; count++) {
    if (pan !== 0) {
      driver.velocity({ pan, tilt: 0, zoom: 0 }, leaseMs).catch(() => 'failed');
      if (count % STATUS_EVERY === 0) void driver.status();
    }
    await Bun.sleep(RENEW_MS);
  }
}

let pan = 0;
let isClosing = false;

process.on('message', async (message: ToMover) => {
  if (message.type === 'open') message.cameras.forEach((options, index) => void open(index, options));
  if (message.type === 'move') pan = message.pan;
  if (message.type === 'rest') {
    pan = 0;
    for (const { driver } of drivers) driver.stop().catch(() => undefined);
  }
  if (message.type === 'block') {
    const endMs = performance.now() + message.ms;
    while (performance.now() < endMs);
  }
  if (message.type === 'close') {
    isClosing = true;
    await Promise.allSettled(drivers.map(({ driver }) => driver.close()));
    send({ type: 'closed' });
  }
});
process.on('disconnect', () => process.exit(0));
send({ type: 'hello' });
