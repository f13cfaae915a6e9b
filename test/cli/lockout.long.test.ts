/** A wrong password in the shipped graph: source and autotrack log in with one account, and do not lock it together. */
import { expect, test } from 'bun:test';
import { SystemClock } from '../../runtime/clock.ts';
import { CameraServer } from '../../sim/camera/server.ts';
import { RunningCommand } from '../support/command.ts';
import { COMPACT_MODEL, Folder } from '../support/graphs.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';

/** What this is not about. */
const FASTER = ['--set', `detect.model=${COMPACT_MODEL}`, '--set', 'autotrack.onvif.probe=false'];

test.each([
  { quirks: ['lockout'], password: 'wrong', wrongLogins: 2 },
  // The first form of login is refused to each; nobody waits for that.
  { quirks: ['lockout', 'digest-only'], password: 'right', wrongLogins: 2 },
])(
  'with $quirks and the $password password: $wrongLogins refusals at most',
  async ({ quirks, password, wrongLogins }) => {
    using state = new Folder();
    await using camera = await CameraServer.start({
      ...{ clock: new SystemClock(), credentials: { user: 'operator', password: 'right' }, quirks },
      ...{ version: '0.0.1', host: '127.0.0.1', port: 0 },
    });
    const env = { CAM_HOST: `127.0.0.1:${camera.port}`, CAM_USER: 'operator', CAM_PASSWORD: password };
    const args = ['graph', 'graphs/onvif.yaml', '--port', '0', '--state', state.path, ...FASTER];
    await using command = new RunningCommand(args, { env });
    await command.url();
    const isTold = () =>
      password === 'wrong'
        ? command.stderr.includes('"node":"source"') && command.stderr.includes('"node":"autotrack"')
        : command.stderr.includes('the camera is ready') && command.stderr.includes('where its stream is');
    await until('both have tried', isTold);
    const { gate } = camera.device;
    expect(gate.isLocked).toBe(false);
    expect(gate.wrongLogins).toBeLessThanOrEqual(wrongLogins);
  },
  TEST_LIMIT_MS,
);
