/** Logins: WS-Security tokens (OASIS UsernameToken Profile 1.0) and HTTP digest (RFC 7616), and who needs one. */
import { describe, expect, test } from 'bun:test';
import { HttpDigest } from '../../../sim/camera/auth/http-digest.ts';
import { passwordDigest } from '../../../sim/camera/auth/username-token.ts';
import { digestHeader, NOBODY, PASSWORD, Rig, USER } from './rig.ts';

const TARGET = '/onvif/device_service';

test('the example of the ONVIF Application Programmer’s Guide', () => {
  const digest = passwordDigest('LKqI6G/AikKCQrN0zqZFlg==', '2010-09-16T07:50:45Z', 'userpassword');
  expect(digest).toBe('tuOSpGlFlIXsozq4HFNeeGeFLEI=');
});

describe('without a login', () => {
  test.each(['GetSystemDateAndTime', 'GetServices', 'GetCapabilities', 'GetServiceCapabilities', 'GetHostname'])(
    '%s is open to everybody',
    async (operation) => {
      await using rig = await Rig.start();
      expect((await rig.call('tds', operation, '', NOBODY)).status).toBe(200);
    },
  );

  test('everything else asks for one, by a fault and by both digest challenges', async () => {
    await using rig = await Rig.start();
    const answer = await rig.call('tds', 'GetDeviceInformation', '', NOBODY);
    expect(answer).toMatchObject({ status: 401, fault: ['ter:NotAuthorized'] });
    expect(answer.challenges.map((challenge) => /algorithm=(\S+)/.exec(challenge)?.[1])).toEqual(['MD5', 'SHA-256']);
  });
});

describe('WS-Security', () => {
  const ask = (rig: Rig, how: Parameters<Rig['security']>[0]) =>
    rig.call('tds', 'GetDeviceInformation', '', { security: rig.security(how) });

  test.each([
    { why: 'a wrong password', how: { password: 'wrong' } },
    { why: 'a time six minutes ahead', how: { createdOffsetS: 360 } },
    { why: 'a time six minutes ago', how: { createdOffsetS: -360 } },
  ])('$why is refused with 400', async ({ how }) => {
    await using rig = await Rig.start();
    expect(await ask(rig, how)).toMatchObject({ status: 400, fault: ['ter:NotAuthorized'] });
    expect((await rig.state()).logins).toEqual({ wrong: 1, locked: false });
  });

  test('a message sent twice counts once', async () => {
    await using rig = await Rig.start();
    const nonce = Buffer.from('once').toString('base64');
    expect((await ask(rig, { nonce })).status).toBe(200);
    expect(await ask(rig, { nonce })).toMatchObject({ status: 400, fault: ['ter:NotAuthorized'] });
  });

  test('a password in clear text is not taken', async () => {
    await using rig = await Rig.start();
    const digest = rig.security();
    const clear = digest.replace(/#PasswordDigest">[^<]*/, `#PasswordText">${PASSWORD}`);
    expect((await rig.call('tds', 'GetDeviceInformation', '', { security: clear })).status).toBe(400);
  });
});

describe('HTTP digest', () => {
  async function challenges(rig: Rig): Promise<string[]> {
    return (await rig.call('tds', 'GetDeviceInformation', '', NOBODY)).challenges;
  }
  const ask = (rig: Rig, authorization: string) =>
    rig.call('tds', 'GetDeviceInformation', '', { ...NOBODY, authorization });

  test.each([0, 1])('challenge %d is answered', async (index) => {
    await using rig = await Rig.start();
    const challenge = (await challenges(rig))[index] ?? '';
    expect((await ask(rig, digestHeader(challenge, TARGET))).status).toBe(200);
  });

  test('a nonce serves many requests, a counter one', async () => {
    await using rig = await Rig.start();
    const [challenge = ''] = await challenges(rig);
    for (const nc of ['00000001', '00000002']) {
      expect((await ask(rig, digestHeader(challenge, TARGET, { nc }))).status).toBe(200);
    }
    const again = await ask(rig, digestHeader(challenge, TARGET, { nc: '00000002' }));
    expect(again.status).toBe(401);
    expect(again.challenges[0]).toEndWith('stale=true');
  });

  test('a nonce grows old: the answer says that it is stale, and no wrong login is counted', async () => {
    await using rig = await Rig.start();
    const [challenge = ''] = await challenges(rig);
    rig.advance(301);
    const late = await ask(rig, digestHeader(challenge, TARGET));
    expect(late.challenges[0]).toEndWith('stale=true');
    expect((await rig.state()).logins.wrong).toBe(0);
  });

  test.each([
    { why: 'a wrong password', change: (header: string) => header, password: 'wrong' },
    { why: 'the login of another address', change: (header: string) => header.replaceAll(TARGET, '/other') },
    { why: 'another user', change: (header: string) => header.replace(USER, 'guest') },
    { why: 'an unknown algorithm', change: (header: string) => header.replace('=MD5', '=SHA-512') },
    { why: 'nothing in it', change: () => 'Digest nothing=1' },
  ])('$why is refused with 401', async ({ change, password = PASSWORD }) => {
    await using rig = await Rig.start();
    const [challenge = ''] = await challenges(rig);
    const answer = await ask(rig, change(digestHeader(challenge, TARGET, { password })));
    expect(answer).toMatchObject({ status: 401, fault: ['ter:NotAuthorized'] });
    expect((await rig.state()).logins.wrong).toBe(1);
  });

  test('a nonce that it never gave is stale, however right the rest', () => {
    const digest = new HttpDigest({ user: USER, password: PASSWORD });
    const [challenge = ''] = digest.challenges(0, false);
    const forged = challenge.replace(/nonce="[^"]*"/, 'nonce="0123"');
    expect(digest.verdict(digestHeader(forged, TARGET), 'POST', TARGET, 0)).toBe('stale');
    expect(digest.verdict(digestHeader(challenge, TARGET), 'POST', TARGET, 0)).toBe('right');
  });
});
