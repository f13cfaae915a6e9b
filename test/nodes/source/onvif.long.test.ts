/** A source that asks an ONVIF camera for its stream: the virtual camera, with RTSP from gst-rtsp-server. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { OnvifFront } from '../../live/onvif-front.ts';
import { hasRtspServer, RtspServer, Watch } from '../../live/peers.ts';
import { RunningCommand, runCommand } from '../../support/command.ts';
import { chain, Folder, graphText } from '../../support/graphs.ts';
import { expectWithout, HARD_PASSWORDS } from '../../support/passwords.ts';
import { PATIENCE_MS, TEST_LIMIT_MS, until } from '../../support/patience.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const LOGIN = { user: 'admin', password: 'right' };
const OPTIONS = { username: LOGIN.user, password: LOGIN.password };
/** As a camera behind address translation names it. */
const elsewhere = (port: number) => `rtsp://10.99.0.1:${port}/live`;

describe.skipIf(!hasRtspServer())('a camera that says where its stream is', () => {
  test.each([false, true])(
    'hard passwords, for ONVIF and RTSP, digest %p: all work, and appear nowhere',
    async (digest) => {
      const logins = HARD_PASSWORDS.map((password, i) => [`user${i}`, password] as const);
      await using server = await RtspServer.start({ logins, digest });
      for (const [username, password] of logins) {
        const quirks = digest ? ['digest-only'] : [];
        await using front = await OnvifFront.start({ user: username, password }, () => elsewhere(server.port), quirks);
        await using watch = await Watch.open({ url: front.url, username, password });
        await watch.run.until(() => watch.faults.length >= 1);
        expect([password, watch.faults]).toEqual([password, [null]]);
        expect(watch.run.stats('source').url).toBe(`rtsp://127.0.0.1:${server.port}/live`);
        const { faults, logs, messages } = watch.run;
        expectWithout(password, JSON.stringify([faults, logs, watch.run.stats('source'), messages]));
      }
    },
  );

  test('the whole program keeps a password to itself', async () => {
    using folder = new Folder();
    const password = HARD_PASSWORDS.slice(0, 10).join('').slice(0, 90);
    await using server = await RtspServer.start({ logins: [['admin', password]], digest: true });
    await using front = await OnvifFront.start({ user: 'admin', password }, () => elsewhere(server.port));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: graphs hold variables
    const source = { use: 'source', with: { url: front.url, username: 'admin', password: '${CAM_PASSWORD}' } };
    const graph = folder.write('cam.yaml', graphText(chain('realtime', { source: JSON.stringify(source) })));
    const env = { CAM_PASSWORD: password };
    const plan = await runCommand(['check', graph, '--plan'], { env });
    expectWithout(password, plan.stdout + plan.stderr);
    const record = folder.file('record.jsonl');
    await using command = new RunningCommand(['graph', graph, '--port', '0', '--jsonl', record], { env });
    const { url } = await command.ready();
    for (const path of ['/readyz', '/sessions', '/cameras']) {
      expectWithout(password, await (await fetch(url + path)).text());
    }
    await server.kill();
    await until('the fault', () => command.stderr.includes('source_refused'), PATIENCE_MS);
    expectWithout(password, await (await fetch(`${url}/readyz`)).text());
    command.signal('SIGINT');
    const { exitCode, stdout, stderr } = await command.finished();
    expect(exitCode).toBe(0);
    expectWithout(password, stdout + stderr + readFileSync(record, 'utf8'));
  });

  test('is asked again when its stream is somewhere else', async () => {
    const first = await RtspServer.start();
    await using second = await RtspServer.start();
    let port = first.port;
    await using front = await OnvifFront.start(LOGIN, () => elsewhere(port));
    await using watch = await Watch.open({ url: front.url, ...OPTIONS });
    await watch.run.until(() => watch.seen.length >= 1);
    port = second.port;
    await first.kill();
    const before = watch.seen.length;
    await watch.run.until(() => watch.seen.length >= before + 10 && watch.faults.at(-1) === null);
    expect(watch.run.stats('source').url).toBe(second.url);
  });

  test('a login that ONVIF takes and RTSP does not is tried twice, and the camera asked once', async () => {
    await using server = await RtspServer.start({ logins: [['admin', 'another']] });
    await using front = await OnvifFront.start(LOGIN, () => elsewhere(server.port));
    await using watch = await Watch.open({ url: front.url, ...OPTIONS });
    await watch.run.until(() => watch.faults.length >= 2);
    // Else the next one would be within 1.5 s.
    expect(watch.run.faults.at(-1)?.fault?.message).toContain('the next attempt is in 60 s');
    expect(watch.faults).toEqual(['source_login', 'source_login']);
    expect(front.asked.filter((operation) => operation === 'GetStreamUri')).toHaveLength(1);
  });
});

test('a wrong login is tried twice, and locks no account', async () => {
  await using front = await OnvifFront.start(LOGIN, () => elsewhere(1), ['lockout']);
  await using watch = await Watch.open({ url: front.url, username: 'admin', password: 'wrong' });
  await watch.run.until(() => watch.faults.length >= 1 && front.camera.device.gate.wrongLogins >= 2);
  expect(watch.run.faults.at(-1)?.fault?.message).toContain('the next attempt is in');
  const { wrongLogins, isLocked } = front.camera.device.gate;
  expect({ faults: watch.faults, wrongLogins, isLocked }).toEqual({
    faults: ['source_login'],
    wrongLogins: 2,
    isLocked: false,
  });
});

test('faults have their names', async () => {
  await using front = await OnvifFront.start(LOGIN, () => 'file:///etc/passwd');
  const faultOf = async (params: object) => {
    await using watch = await Watch.open(params);
    await watch.run.until(() => watch.faults.length >= 1);
    return watch.faults[0];
  };
  expect(await faultOf({ url: 'onvif://127.0.0.1:1', ...OPTIONS })).toBe('source_refused');
  expect(await faultOf({ url: front.url, ...OPTIONS, profile: 'third' })).toBe('source_not_found');
  expect(await faultOf({ url: front.url, ...OPTIONS })).toBe('source_unreadable');
  expect(await faultOf({ url: front.url })).toBe('source_login');
});
