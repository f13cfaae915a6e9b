/** A camera that no kind of command turns: frames flow, and everybody who looks is told. */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { SystemClock } from '../../runtime/clock.ts';
import { CameraServer } from '../../sim/camera/server.ts';
import { RunningCommand } from '../support/command.ts';
import { chain, Folder, graphText } from '../support/graphs.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';

setDefaultTimeout(TEST_LIMIT_MS);

test('a camera that cannot be steered is a warning in the log and in /readyz, which stays 200', async () => {
  const credentials = { user: 'admin', password: 'not-the-default' };
  await using server = await CameraServer.start({
    ...{ clock: new SystemClock(), credentials, version: '0.0.1', host: '127.0.0.1', port: 0 },
    quirks: ['fov-refused'],
  });
  const login = `url: "127.0.0.1:${server.port}", username: admin, password: ${credentials.password}`;
  using folder = new Folder();
  const graph = folder.write(
    'cam.yaml',
    graphText({
      ...chain('realtime'),
      autotrack: `{ use: autotrack, from: track, with: { driver: onvif, onvif: { ${login}, rungs: [relative-fov] } } }`,
      publish: '{ use: publish, from: [track, autotrack] }',
    }),
  );
  await using command = new RunningCommand(['serve', graph, '--start', '--port', '0']);
  const url = await command.url();
  const readiness = async () => {
    const answer = await fetch(`${url}/readyz`);
    return { status: answer.status, body: (await answer.json()) as { warnings: { message: string }[] } };
  };
  await until('the warning', async () => {
    const { status, body } = await readiness();
    return status === 200 && body.warnings.length > 0;
  });
  const { body } = await readiness();
  expect(body).toMatchObject({ ready: true, reasons: [], warnings: [{ file: graph, code: 'no_rung' }] });
  expect(body.warnings[0]?.message).toStartWith('cam: node autotrack: the camera cannot be steered: ');
  expect(body.warnings[0]?.message).toContain('SpaceNotSupported');
  const warned = command.log().filter(({ level, code }) => level === 'warn' && code === 'no_rung');
  expect(warned.map(({ node }) => node)).toEqual(['autotrack']);
  command.signal('SIGINT');
  await command.finished();
});
