/** `bun run camera` as a process. */
import { describe, expect, test } from 'bun:test';
import { QUIRKS } from '../../../sim/camera/quirks.ts';
import { RunningCommand, runCommand } from '../../support/command.ts';
import { Folder } from '../../support/graphs.ts';
import { TEST_LIMIT_MS } from '../../support/patience.ts';

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'it listens, answers, and leaves at %s with 0',
  async (signal) => {
    await using command = new RunningCommand(['camera', '--port', '0', '--quirk', 'no-status', '--quirk', 'lockout']);
    const url = await command.url();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/onvif\/device_service$/);
    const state = await (await fetch(url.replace('/onvif/device_service', '/debug/state'))).json();
    expect(state).toMatchObject({
      quirks: ['no-status', 'lockout'],
      targets: [{ label: 'drone' }, { label: 'airplane' }],
    });
    command.signal(signal);
    expect(await command.finished()).toMatchObject({ exitCode: 0, stderr: '' });
  },
  TEST_LIMIT_MS,
);

test(
  'started as people do, one key press ends it',
  async () => {
    await using command = new RunningCommand(['camera', '--port', '0'], { terminal: true, bunRun: true });
    await command.url();
    command.type('\x03');
    expect((await command.finished()).exitCode).toBe(0);
  },
  TEST_LIMIT_MS,
);

describe('what it refuses', () => {
  test.each([
    { why: 'an unknown quirk', args: ['--quirk', 'no-statis'], says: "did you mean 'no-status'?" },
    { why: 'other machines with the known password', args: ['--host', '0.0.0.0'], says: '--password-env' },
    { why: 'a password that is not there', args: ['--password-env', 'NO_SUCH_VARIABLE'], says: 'NO_SUCH_VARIABLE' },
    { why: 'a port that is none', args: ['--port', 'x'], says: 'a number from 0 to 65535' },
    { why: 'names', args: ['front'], says: 'usage: bun run camera' },
  ])('$why', async ({ args, says }) => {
    const { exitCode, stdout, stderr } = await runCommand(['camera', '--port', '0', ...args]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(says);
  });

  test('a port that is taken', async () => {
    using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() });
    const { exitCode, stderr } = await runCommand(['camera', '--port', `${server.port}`]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('choose another port');
  });
});

test('--quirk help names every quirk', async () => {
  const { exitCode, stdout } = await runCommand(['camera', '--quirk', 'help']);
  expect(exitCode).toBe(0);
  expect(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[0]),
  ).toEqual(QUIRKS.map(({ name }) => name));
});

describe('scene files', () => {
  test('every mistake is located', async () => {
    using folder = new Folder();
    const file = folder.write(
      'scene.json',
      `{
  "name": "mistakes", "colour": 3,
  "motors": { "pan": { "max_deg_s": -1 } },
  "targets": [
    { "id": 1, "path": [[0, 0, 0, 1]] },
    { "id": 1, "label": "drone", "random": { "seed": "x" } }
  ]
}`,
    );
    const { exitCode, stderr } = await runCommand(['camera', '--port', '0', '--scene', file]);
    expect(exitCode).toBe(1);
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/scene\.json:2:23 colour: unknown option/),
      expect.stringMatching(/scene\.json:3:37 motors\.pan\.max_deg_s: must be/),
      expect.stringMatching(/scene\.json:5:5 targets\[0\]\.label: is required/),
      expect.stringMatching(/scene\.json:6:54 targets\[1\]\.random\.seed: must be a whole number/),
    ]);
  });

  test('so is what a schema cannot say', async () => {
    using folder = new Folder();
    const file = folder.write(
      'scene.json',
      `{ "motors": { "tilt": { "min_deg": 20 } },
  "targets": [
    { "id": 1, "label": "drone", "path": [[0, 0, 0, 1], [5, 3, 3, 1], [4, 0, 0, 1]] },
    { "id": 1, "label": "drone", "random": { "seed": 1, "pan_deg": [30, -30] } },
    { "id": 2, "label": "drone" }
  ]
}`,
    );
    const { exitCode, stderr } = await runCommand(['camera', '--port', '0', '--scene', file]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('targets[0].path[2][0]: times must rise: 4 s comes after 5 s');
    expect(stderr).toContain('scene.json:4:13 targets[1].id: 1 is the id of another target too');
    expect(stderr).toContain('targets[1].random.pan_deg: the first number must not be above the second');
    expect(stderr).toContain('scene.json:5:5 targets[2]: needs either path or random');
    expect(stderr).toContain("home.tilt_deg: must be within the motor's 20 to 90, got 10");
  });

  test.each([
    { text: '', says: 'scene.json:1:1: the file is empty' },
    { text: '{ "targets": [ }', says: 'scene.json:1:16' },
    { text: 'targets: []', says: 'JSON' },
  ])('"$text" is refused', async ({ text, says }) => {
    using folder = new Folder();
    const { exitCode, stderr } = await runCommand(['camera', '--scene', folder.write('scene.json', text)]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(says);
  });

  test(
    'a good one is shown',
    async () => {
      using folder = new Folder();
      const file = folder.write(
        'scene.json',
        '{ "motors": { "wide_hfov_deg": 50 }, "targets": [{ "id": 7, "label": "bird", "random": { "seed": 1 } }] }',
      );
      await using command = new RunningCommand(['camera', '--port', '0', '--scene', file]);
      const url = await command.url();
      const state = await (await fetch(url.replace('/onvif/device_service', '/debug/state'))).json();
      expect(state).toMatchObject({ pose: { hfov_deg: 50 }, targets: [{ id: 7, label: 'bird' }] });
    },
    TEST_LIMIT_MS,
  );
});
