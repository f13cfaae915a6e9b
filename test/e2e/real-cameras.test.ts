/** The shipped graphs for real cameras, with a model that costs little, against the virtual one over the network. */
import { expect, test } from 'bun:test';
import { SystemClock } from '../../runtime/clock.ts';
import type { AutotrackState, PtzState } from '../../schemas/index.ts';
import { CameraServer } from '../../sim/camera/server.ts';
import { RunningCommand } from '../support/command.ts';
import { CAMERA_ENV, COMPACT_MODEL, Folder } from '../support/graphs.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';

const LOGIN = { user: 'operator', password: 'a-secret' };

interface Row {
  readonly graph: string;
  readonly mode: PtzState['control_mode'];
  readonly stops: AutotrackState['stops_by_itself'];
  readonly env: (camera: CameraServer) => Record<string, string>;
}

const rows: Row[] = [
  {
    graph: 'graphs/onvif.yaml',
    mode: 'onvif',
    stops: 'yes',
    env: ({ port }) => ({ CAM_HOST: `127.0.0.1:${port}`, CAM_USER: LOGIN.user, CAM_PASSWORD: LOGIN.password }),
  },
  {
    graph: 'graphs/octagon.yaml',
    mode: 'octagon',
    stops: 'no',
    env: ({ port, origin }) => ({
      CAM_URL: `${origin}/debug/video?profile=profile_sub&fps=5`,
      OCTAGON_HOST: `127.0.0.1:${port}`,
      OCTAGON_USER: LOGIN.user,
      OCTAGON_PASSWORD: LOGIN.password,
    }),
  },
];

test.concurrent.each(rows)(
  '$graph finds its camera, learns what it can do, tells clients, and lets go of it',
  async ({ graph, mode, stops, env }) => {
    using state = new Folder();
    await using camera = await CameraServer.start({
      clock: new SystemClock(),
      credentials: LOGIN,
      version: '0.0.1',
      host: '127.0.0.1',
      port: 0,
    });
    const args = ['graph', graph, '--port', '0', '--state', state.path, '--set', `detect.model=${COMPACT_MODEL}`];
    await using command = new RunningCommand(args, { env: { ...CAMERA_ENV, ...env(camera) } });
    const { url, session } = await command.ready();
    const get = async <T>(path: string) => (await (await fetch(`${url}/sessions/${session}/${path}`)).json()) as T;
    let ptz = await get<PtzState>('ptz');
    await until('the camera', async () => {
      ptz = await get<PtzState>('ptz');
      return ptz.link?.state === 'ready' && ptz.tilt_deg !== undefined;
    });
    expect(ptz).toMatchObject({ control_mode: mode, link: { state: 'ready', reason: null } });
    const tracker = await get<AutotrackState>('autotrack');
    expect(tracker).toMatchObject({ enabled: true, rung: 'velocity', verified: true, stops_by_itself: stops });
    command.signal('SIGINT');
    const { exitCode, stdout, stderr } = await command.finished();
    expect(exitCode).toBe(0);
    expect(stdout + stderr).not.toContain(LOGIN.password);
    expect(stderr).not.toContain('"level":"error"');
    // The last stop may have come a moment ago.
    await until('the camera stands', () => !camera.camera.isMoving('pan') && !camera.camera.isMoving('tilt'));
  },
  TEST_LIMIT_MS,
);
