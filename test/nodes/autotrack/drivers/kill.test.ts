/** `kill -9` of a process that moves a camera, in real time: what is left is what the camera does by itself. */
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { Verdict } from '../../../../nodes/autotrack/drivers/ladder.ts';
import type { OnvifOptions } from '../../../../nodes/autotrack/drivers/onvif/options.ts';
import { CameraServer } from '../../../../runtime/camera/server.ts';
import { SystemClock } from '../../../../runtime/clock.ts';
import { optionsFor, PASSWORD, USER } from './rig.ts';

/** What the project promises; waited for, because it is a time that is tested. */
const STOPPED_WITHIN_MS = 1500;

interface Outcome {
  readonly verdict: Verdict;
  readonly wasMoving: boolean;
  readonly rateAfter: number;
}

async function killWhileMoving(quirks: string[], options: Partial<OnvifOptions>): Promise<Outcome> {
  await using server = await CameraServer.start({
    clock: new SystemClock(),
    credentials: { user: USER, password: PASSWORD },
    version: '0.0.1',
    host: '127.0.0.1',
    port: 0,
    quirks,
  });
  const command = ['bun', join(import.meta.dir, 'mover.ts'), JSON.stringify(optionsFor(server, options))];
  const child = Bun.spawn(command, { stdout: 'pipe', stderr: 'inherit' });
  try {
    let printed = '';
    let wasMoving = false;
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      printed += decoder.decode(chunk, { stream: true });
      if (!printed.includes('moving\n')) continue;
      wasMoving = server.camera.isMoving('pan');
      break;
    }
    child.kill('SIGKILL');
    await child.exited;
    await Bun.sleep(STOPPED_WITHIN_MS);
    return { verdict: JSON.parse(printed.split('\n')[0] ?? ''), wasMoving, rateAfter: server.camera.state().pan.rate };
  } finally {
    child.kill('SIGKILL');
  }
}

describe('kill -9 while the camera moves', () => {
  test.concurrent('its Timeout stops it', async () => {
    const { verdict, wasMoving, rateAfter } = await killWhileMoving([], {});
    expect(verdict).toMatchObject({ rung: 'velocity', stopsByItself: 'yes' });
    expect([wasMoving, rateAfter]).toEqual([true, 0]);
  }, 20_000);

  test.concurrent('Timeout ignored: steered by moves that end by themselves', async () => {
    const { verdict, wasMoving, rateAfter } = await killWhileMoving(['timeout-ignored'], {});
    expect(verdict).toMatchObject({ rung: 'absolute', stopsByItself: 'yes' });
    expect(verdict.rejected[0]?.reason).toContain('needs a guardian');
    expect([wasMoving, rateAfter]).toEqual([true, 0]);
  }, 20_000);

  test.concurrent('Timeout ignored, velocities asked for: it goes on, as the verdict has said', async () => {
    const { verdict, wasMoving, rateAfter } = await killWhileMoving(['timeout-ignored'], { rungs: ['velocity'] });
    expect(verdict).toMatchObject({ rung: 'velocity', stopsByItself: 'no' });
    expect(verdict.notes.join()).toContain('needs a guardian');
    expect(wasMoving).toBe(true);
    expect(rateAfter).toBeGreaterThan(0);
  }, 20_000);
});
