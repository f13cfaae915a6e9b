/** https: certificates that cameras have made themselves are refused, unless the options say otherwise. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { OctagonOptions } from '../../ptz/octagon/options.ts';
import { octagonDriver } from './octagon-rig.ts';
import { driverFor, PASSWORD, Rig, USER } from './rig.ts';

/** A certificate for camera.test, signed by itself, and its key: good for nothing but this test. */
const PEM = Bun.file(join(import.meta.dir, 'self-signed.pem'));

async function encrypted(port: number) {
  const pem = await PEM.text();
  return Bun.serve({
    ...{ port: 0, hostname: '127.0.0.1', tls: { cert: pem, key: pem } },
    async fetch(request) {
      const url = new URL(request.url);
      const { method, headers } = request;
      const body = method === 'POST' ? await request.text() : null;
      return await fetch(`http://127.0.0.1:${port}${url.pathname}${url.search}`, { method, headers, body });
    },
  });
}

test('onvif', async () => {
  await using rig = await Rig.start();
  await using front = await encrypted(rig.server.port);
  const url = `https://127.0.0.1:${front.port}`;
  const strict = driverFor(rig.server, { url, probe: false }, rig.time);
  await expect(strict.open()).rejects.toMatchObject({
    code: 'ptz_unreachable',
    message: expect.stringContaining('self signed certificate'),
  });
  const trusting = driverFor(rig.server, { url, probe: false, tls_verify: false }, rig.time);
  expect((await trusting.open()).verdict.rung).toBe('velocity');
  await trusting.close();
});

test('octagon', async () => {
  await using rig = await Rig.start();
  await using front = await encrypted(rig.server.port);
  const login = { url: `https://127.0.0.1:${front.port}`, username: USER, password: PASSWORD, probe: false };
  const driver = (options: object) =>
    octagonDriver(Value.Decode(OctagonOptions, Value.Default(OctagonOptions, { ...login, ...options })), {
      time: rig.time,
    });
  await expect(driver({}).open()).rejects.toMatchObject({
    code: 'ptz_unreachable',
    message: expect.stringContaining('self signed certificate'),
  });
  const trusting = driver({ tls_verify: false });
  expect((await trusting.open()).verdict.rung).toBe('velocity');
  await trusting.close();
});
