/**
 * The whole of it as a user has it: the shipped graph for ONVIF cameras, the default model, no knowledge of the camera, and
 * pictures of a drone. An operator chooses it; the camera's own truth says whether it stays in the middle.
 */
import { expect, test } from 'bun:test';
import { SystemClock } from '../../runtime/clock.ts';
import { CameraServer } from '../../sim/camera/server.ts';
import { VirtualCamera } from '../../sim/camera/virtual-camera.ts';
import { until } from '../server/clients.ts';
import { PATIENCE_MS, RunningCommand } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';
import { Client, told } from './client.ts';
import { strollScene } from './scenes.ts';

const LOGIN = { user: 'operator', password: 'a-secret' };
const PICTURE = { width: 640, height: 360 };
/** What two slow processors manage, the camera's own drawing included. */
const FPS = 10;
const FOR_S = 60;
const NEAR = 0.1;
/** Where it is chosen. */
const OFF = 0.12;
/** A quiet machine is at 1; a busy one is late with a picture now and then. */
const LEAST_NEAR = 0.9;

test(
  `the target is centred, and stays within a tenth of the picture's width for a minute`,
  async () => {
    using state = new Folder();
    const clock = new SystemClock();
    const camera = new VirtualCamera({ clock, scene: strollScene });
    await using server = await CameraServer.start({
      ...{ clock, camera, credentials: LOGIN, version: '0.0.1', host: '127.0.0.1', port: 0 },
    });
    const video = `${server.origin}/debug/video?size=${PICTURE.width}x${PICTURE.height}&fps=${FPS}`;
    const args = ['graph', 'graphs/onvif.yaml', '--port', '0', '--state', state.path, '--set', `source.url=${video}`];
    const env = { CAM_HOST: `127.0.0.1:${server.port}`, CAM_USER: LOGIN.user, CAM_PASSWORD: LOGIN.password };
    await using command = new RunningCommand(args, { env });
    const { url, session } = await command.ready();
    using client = await Client.open(url, session);

    await client.state('it has measured the motors', ({ calibration }) => calibration.state === 'done');
    const drone = () => client.tick?.tracks.find(({ label }) => label === 'drone');
    const offCentre = () => {
      const box = camera.truth(camera.nowS(), PICTURE)[0]?.box;
      if (!box) return 1;
      return Math.hypot(box.x + box.w / 2 - PICTURE.width / 2, box.y + box.h / 2 - PICTURE.height / 2) / PICTURE.width;
    };
    await until('a drone off the middle', () => drone() !== undefined && offCentre() > OFF, PATIENCE_MS);
    await client.ask({ type: 'set_target_id', target_id: drone()?.id });

    const beganMs = performance.now();
    const forS = () => (performance.now() - beganMs) / 1000;
    await until('centred', () => offCentre() < NEAR / 2, PATIENCE_MS);
    const centredS = forS();
    const errors: number[] = [];
    while (forS() < centredS + FOR_S) {
      errors.push(offCentre());
      await Bun.sleep(20);
    }
    const rms = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    const near = errors.filter((error) => error < NEAR).length / errors.length;
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    console.log(
      `centred after ${centredS.toFixed(2)} s; then RMS ${percent(rms)}, at most ${percent(Math.max(...errors))} off, within ` +
        `${percent(NEAR)} for ${percent(near)} of the time; ${told(client.autotrack)}`,
    );
    expect(near).toBeGreaterThan(LEAST_NEAR);
    expect(client.autotrack).toMatchObject({ selected_by: 'operator', active: true });
  },
  FOR_S * 1000 + 4 * PATIENCE_MS,
);
