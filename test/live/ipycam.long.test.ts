/** ipycam, an ONVIF camera by others: found, asked for its streams, and played. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { discoverDevices } from '../../ptz/index.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
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
  let camera: Bun.Subprocess<'pipe', 'pipe', 'ignore'>;

  beforeAll(async () => {
    const options = JSON.stringify({ port, rtsp_port, ...LOGIN });
    const command = ['python3', `${import.meta.dir}/ipycam-peer.py`, options];
    camera = Bun.spawn(command, { stdin: 'pipe', stdout: 'pipe', stderr: 'ignore' });
    for await (const chunk of camera.stdout.pipeThrough(new TextDecoderStream())) if (chunk.includes('ready')) break;
  });
  afterAll(async () => {
    camera.kill('SIGKILL');
    await camera.exited;
  });

  test('answers the probe, though not as it should', async () => {
    const found = await discoverDevices({ hosts: [], waitMs: 1000, signal: new AbortController().signal });
    expect(found).toContainEqual(expect.objectContaining({ url: `http://127.0.0.1:${port}/onvif/device_service` }));
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

  test('a wrong password is a fault of that name', async () => {
    await using watch = await Watch.open({ url: `onvif://127.0.0.1:${port}`, ...LOGIN, password: 'wrong' });
    await watch.run.until(() => watch.faults.length >= 1);
    expect(watch.faults).toEqual(['source_login']);
  });
});
