/** ipycam, an ONVIF camera by others: found, asked for its streams, played and steered. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { discoverDevices } from '../../ptz/index.ts';
import { RunningCommand, runCommand } from '../support/command.ts';
import { COMPACT_MODEL, Folder } from '../support/graphs.ts';
import { expectWithout } from '../support/passwords.ts';
import { PATIENCE_MS, TEST_LIMIT_MS, until } from '../support/patience.ts';
import { firstLine } from '../support/processes.ts';
import { freePort, Watch } from './peers.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const LOGIN = { username: 'admin', password: 'p@ss "w" & <ü>' };

/** False, and says so, where it is not installed. */
function hasIpycam(): boolean {
  const isThere = Bun.which('ffmpeg') !== null && Bun.spawnSync(['python3', '-c', 'import ipycam']).exitCode === 0;
  if (!isThere)
    console.log('skipped: no ipycam (pip install --no-deps ipycam opencv-python-headless; apt-get install ffmpeg)');
  return isThere;
}

describe.skipIf(!hasIpycam())('ipycam', () => {
  const [port, rtsp_port] = [freePort(), freePort()];
  let camera: Bun.Subprocess<'pipe', 'pipe', 'inherit'>;

  beforeAll(async () => {
    const options = JSON.stringify({ port, rtsp_port, ...LOGIN });
    const command = ['python3', `${import.meta.dir}/ipycam-peer.py`, options];
    camera = Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });
    expect(await firstLine(camera)).toBe('ready');
  });
  afterAll(async () => {
    camera.kill('SIGKILL');
    await camera.exited;
  });

  test('answers the probe, though not as it should', async () => {
    const { signal } = new AbortController();
    const heard = new Set<string>();
    // A probe or its answer may be lost, or come later than one is waited for.
    await until('its answer', async () => {
      for (const { url } of await discoverDevices({ hosts: [], waitMs: 1000, signal })) heard.add(url);
      return heard.has(`http://127.0.0.1:${port}/onvif/device_service`);
    }).catch((error: Error) => {
      const ended = camera.signalCode ?? camera.exitCode ?? 'not';
      throw new Error(
        `${error.message}; of port ${port}, ended: ${ended}; heard: ${[...heard].join(', ') || 'nothing'}`,
      );
    });
  });

  test.each([
    { profile: 640, path: 'video_main' },
    { profile: 'SubStream', path: 'video_sub' },
  ])('its profile $profile is played', async ({ profile, path }) => {
    await using watch = await Watch.open({ url: `onvif://127.0.0.1:${port}`, ...LOGIN, profile });
    await watch.run.until(() => watch.seen.length >= 5);
    expect(watch.run.stats('source').url).toBe(`rtsp://127.0.0.1:${rtsp_port}/${path}`);
    expect(watch.faults.at(-1)).toBeNull();
  });

  test('the graph that is written for it plays and steers it', async () => {
    using folder = new Folder();
    const file = folder.file('ipycam.yaml');
    const env = { CAM_PASSWORD: LOGIN.password };
    const discover = ['camera', 'discover', `127.0.0.1:${port}`, '--username', LOGIN.username, '--write', file];
    const { exitCode, stdout } = await runCommand(discover, { env });
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Profile_Sub   SubStream   320×180 H264, PTZ  rtsp://127.0.0.1:${rtsp_port}/video_sub`);
    const args = ['graph', file, '--port', '0', '--state', folder.path, '--set', `detect.model=${COMPACT_MODEL}`];
    await using command = new RunningCommand(args, { env });
    await command.ready();
    await until('its motors have answered', () => command.stderr.includes('"verified":true'), PATIENCE_MS);
    expectWithout(LOGIN.password, command.stderr);
  });

  test('a wrong password is a fault of that name', async () => {
    await using watch = await Watch.open({ url: `onvif://127.0.0.1:${port}`, ...LOGIN, password: 'wrong' });
    await watch.run.until(() => watch.faults.length >= 1);
    expect(watch.faults).toEqual(['source_login']);
  });
});
