/** The shipped graph for ONVIF cameras with the default model, no knowledge of the camera, and pictures of a drone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SystemClock } from '../../runtime/clock.ts';
import { CameraServer } from '../../sim/camera/server.ts';
import { VirtualCamera } from '../../sim/camera/virtual-camera.ts';
import { ROOT, RunningCommand } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';
import { until } from '../support/patience.ts';
import { Client } from './client.ts';
import { strollScene } from './scenes.ts';

const LOGIN = { user: 'operator', password: 'a-secret' };
const PICTURE = { width: 640, height: 360 };
/** What two slow processors manage, the camera's own drawing included. */
const FPS = 10;
/** Where the drone is chosen, and where it counts as centred. */
const OFF = 0.12;
const CENTRED = 0.05;

export interface UserRun {
  readonly client: Client;
  /** Distance of the drone from the centre of the picture, by the camera's own truth, in shares of the picture's width. */
  readonly offCentre: () => number;
}

/** An operator chooses the drone; when it is centred, `then` looks on. */
export async function chooseDrone(then: (run: UserRun) => Promise<void>): Promise<void> {
  using state = new Folder();
  const clock = new SystemClock();
  const camera = new VirtualCamera({ clock, scene: strollScene });
  await using server = await CameraServer.start({
    ...{ clock, camera, credentials: LOGIN, version: '0.0.1', host: '127.0.0.1', port: 0 },
  });
  // Its pictures say when they were taken; a stream would be judged by this machine's delays as well.
  const source = { use: 'virtual-ptz', with: { url: server.origin, size: [PICTURE.width, PICTURE.height], fps: FPS } };
  const shipped = readFileSync(join(ROOT, 'graphs', 'onvif.yaml'), 'utf8');
  const graph = state.write('onvif.yaml', shipped.replace(/source:\n.*\n.*/, `source: ${JSON.stringify(source)}`));
  const args = ['graph', graph, '--port', '0', '--state', state.path];
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
  await until('a drone off the middle', () => drone() !== undefined && offCentre() > OFF);
  await client.ask({ type: 'set_target_id', target_id: drone()?.id });
  await until('centred', () => offCentre() < CENTRED);
  await then({ client, offCentre });
}
