// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a password that looks like a variable
/** `bun run camera discover`, against virtual cameras in processes of their own. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { RunningCommand, runCommand } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const PASSWORD = 'ein "Wort" mit @:/?#%&+ ${X} und ü';
const ENV = { CAMERA_SECRET: PASSWORD };
let camera: RunningCommand;
let port = '';

beforeAll(async () => {
  const args = ['camera', '--port', '0', '--user', 'ad"min', '--password-env', 'CAMERA_SECRET'];
  camera = new RunningCommand(args, { env: ENV });
  port = new URL(await camera.url()).port;
});
afterAll(async () => {
  camera.signal('SIGINT');
  await camera.finished();
});

const LOGIN = ['--username', 'ad"min', '--password-env', 'CAMERA_SECRET'];

test('finds the camera on this machine, without a login', async () => {
  const { exitCode, stdout, stderr } = await runCommand(['camera', 'discover', '--seconds', '1']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  // Others may run at the same time.
  const line = stdout.split('\n').find((each) => each.includes(`:${port}`));
  expect(line).toMatch(/^onvif:\/\/127\.0\.0\.1:\d+ +Windhover Virtual PTZ +virtual +nowhere$/);
});

test('lists profiles and streams, with a login', async () => {
  const { exitCode, stdout, stderr } = await runCommand(['camera', 'discover', `127.0.0.1:${port}`, ...LOGIN], {
    env: ENV,
  });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toBe(`onvif://127.0.0.1:${port}
  profile_main  main  1280×720 H264, PTZ  http://127.0.0.1:${port}/debug/video?profile=profile_main
  profile_sub   sub   640×360 H264, PTZ   http://127.0.0.1:${port}/debug/video?profile=profile_sub
`);
});

test('writes a graph that runs, once; its secret stays in the environment', async () => {
  using folder = new Folder();
  const file = folder.file('front gate.yaml');
  const write = (...more: string[]) =>
    runCommand(['camera', 'discover', `127.0.0.1:${port}`, ...LOGIN, '--write', file, ...more], { env: ENV });
  const first = await write();
  expect(first).toMatchObject({ exitCode: 0, stderr: '' });
  const text = readFileSync(file, 'utf8');
  expect(text + first.stdout).not.toContain(PASSWORD);
  expect(text).toContain('profile: "profile_sub"');
  expect(text).toContain('camera: front-gate');
  const again = await write('--profile', 'main');
  expect(again.exitCode).toBe(1);
  expect(again.stderr).toContain('--force');
  expect(readFileSync(file, 'utf8')).toBe(text);
  expect(await write('--profile', 'main', '--force')).toMatchObject({ exitCode: 0 });
  expect(readFileSync(file, 'utf8')).toContain('profile: "profile_main"');
  const graph = folder.write('first.yaml', text);
  await using command = new RunningCommand(['graph', graph, '--port', '0'], { env: ENV });
  expect((await command.ready()).session).toContain('front-gate');
  command.signal('SIGINT');
  const { exitCode, stdout, stderr } = await command.finished();
  expect(exitCode).toBe(0);
  expect(stdout + stderr).not.toContain(PASSWORD);
});

describe('what it refuses', () => {
  test('a login without its password', async () => {
    const { exitCode, stderr } = await runCommand(['camera', 'discover', '--username', 'admin']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('CAM_PASSWORD');
  });

  test('to write a graph for a camera that tells nothing', async () => {
    using folder = new Folder();
    const file = folder.file('cam.yaml');
    const args = ['camera', 'discover', `127.0.0.1:${port}`, '--write', file];
    const { exitCode, stdout, stderr } = await runCommand(args);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('the camera requires a login');
    expect(stderr).toContain('has not told its streams');
    expect(existsSync(file)).toBe(false);
  });

  test('to write one for several', async () => {
    const args = ['camera', 'discover', `127.0.0.1:${port}`, `localhost:${port}`, '--write', '/nowhere/cam.yaml'];
    const { exitCode, stderr } = await runCommand(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('a graph is for one camera');
  });

  test('a name that nobody has', async () => {
    const { exitCode, stderr } = await runCommand(['camera', 'discover', 'no-such-host.invalid', '--seconds', '0.5']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('no probe could be sent');
  });
});
