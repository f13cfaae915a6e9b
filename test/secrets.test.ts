// biome-ignore-all lint/suspicious/noTemplateCurlyInString: graphs hold variables
/** The one rule that hides secrets, and that nothing gets past it: no fault, no line of the log, no view. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { formatFault } from '../runtime/graph/faults.ts';
import { createLog } from '../runtime/log.ts';
import { isSecretName, maskPasswords, passwordsIn, Secrets, withoutLogin } from '../runtime/secrets.ts';
import { check } from './graph/nodes.ts';

describe('passwords in a value', () => {
  test.each([
    { value: 'rtsp://admin:geheim@cam/sub', shown: 'rtsp://admin:***@cam/sub', why: 'a plain one' },
    { value: 'rtsp://admin:ge@heim@cam/sub', shown: 'rtsp://admin:***@cam/sub', why: 'raw @' },
    { value: 'rtsp://admin:ge/heim@cam/sub', shown: 'rtsp://admin:***@cam/sub', why: 'raw /' },
    { value: 'rtsp://admin:ge?h#eim@cam/sub', shown: 'rtsp://admin:***@cam/sub', why: 'raw ? and #' },
    { value: 'rtsp://admin:a://b:@@cam', shown: 'rtsp://admin:***@cam', why: 'raw : and a URL inside' },
    { value: 'rtsp://admin:ge heim\n@cam', shown: 'rtsp://admin:***@cam', why: 'white space' },
    { value: 'rtsp://:geheim@cam', shown: 'rtsp://:***@cam', why: 'no user' },
    { value: 'rtsp://ge%40heim@cam/sub', shown: 'rtsp://***@cam/sub', why: 'a token in place of a user' },
    { value: 'rtsp://bob@home.net:geheim@cam', shown: 'rtsp://***@cam', why: 'an address as user' },
    { value: 'admin:ge@/heim@cam', shown: 'admin:***@cam', why: 'no scheme' },
    { value: 'u:a://b@cam', shown: 'u:***@cam', why: 'no scheme, and a password that looks like one' },
    { value: 'http://cam/live?user=bob&password=gehe/im&n=0', shown: 'http://cam/live?user=bob&password=***&n=0' },
    { value: '/live?access_token=a#b?c', shown: '/live?access_token=***', why: 'raw # and ? in a parameter' },
    { value: 'http://cam:80/live?pwd=ge:h@eim', shown: 'http://cam:***', why: '@ in a parameter: rather too much' },
    { value: 'rtsp://u:a?key=b@cam/x', shown: 'rtsp://u:***', why: 'a parameter in a password' },
    { value: 'rtsp://cam:554/sub', shown: 'rtsp://cam:554/sub', why: 'nothing to hide' },
    { value: '/videos/a@b.mp4', shown: '/videos/a@b.mp4', why: 'a path' },
    { value: 'file:///videos/a@b.mp4', shown: 'file:///videos/a@b.mp4', why: 'a file' },
    { value: 'someone@example.org', shown: 'someone@example.org', why: 'an address' },
    { value: 'http://cam/?monkey=1&keyframes=2', shown: 'http://cam/?monkey=1&keyframes=2', why: 'other parameters' },
  ])('$value → $shown ($why)', ({ value, shown }) => {
    expect(maskPasswords(value)).toBe(shown);
  });

  test('are found as they are written', () => {
    expect(passwordsIn('rtsp://u:a?key=b@cam/x')).toEqual(['a?key=b', 'b@cam/x']);
    expect(passwordsIn('rtsp://cam/x')).toEqual([]);
  });

  test('a long text without an end takes no time', () => {
    const long = '://a:?token'.repeat(100_000);
    expect(maskPasswords(long)).toBe(long);
    expect(maskPasswords(`@${long}`)).toBe(`@${long}`);
  });
});

test('names of options and parameters that hold secrets', () => {
  for (const name of [
    'password',
    'Passwd',
    'pwd',
    'pass',
    'api_key',
    'apikey',
    'key',
    'access-token',
    'client_secret',
    'jwt',
    'auth',
    'X-Amz-Signature',
  ])
    expect(isSecretName(name) ? name : `not secret: ${name}`).toBe(name);
  for (const name of [
    'keyframes',
    'monkey',
    'passes',
    'username',
    'url',
    'tokens_per_s',
    'bypass_ms',
    'design',
    'oauth',
  ])
    expect(isSecretName(name) ? `secret: ${name}` : name).toBe(name);
});

test.each([
  ['http://bob:sesame@cam:8889/gate/whep', 'http://cam:8889/gate/whep'],
  ['http://cam/a@b/whep?x=1&token=sesame&y=a%20b', 'http://cam/a@b/whep?x=1&y=a%20b'],
  ['https://cam/live.m3u8?user=bob&pass=sesame', 'https://cam/live.m3u8'],
  ['http://cam/whep?JWT=sesame#access_token=sesame&t=1', 'http://cam/whep#t=1'],
  ['http://cam/whep?to%6ben=sesame', 'http://cam/whep'],
  ['rtsp://bob:se%2Fsame@cam:8554/gate', 'rtsp://cam:8554/gate'],
  ['http://cam/api/webrtc?src=gate', 'http://cam/api/webrtc?src=gate'],
  ['cam/whep', undefined],
])('%s for others: %s', (url, shown) => expect(withoutLogin(url)).toBe(shown as string));

describe('known secrets', () => {
  const without = (text: string, ...list: string[]) => {
    const secrets = new Secrets();
    for (const secret of list) secrets.add(secret);
    return secrets.redact(text);
  };

  test('short ones are hidden where they stand alone, long ones anywhere', () => {
    expect(without('a bad cat at 80, 8080, xsesamex', 'a', '80', 'sesame')).toBe('*** bad cat at ***, 8080, x***x');
    expect(without('ab.c ab', 'b.c', '')).toBe('ab.c ab');
  });

  test('the longest first, and a mask is not searched again', () => {
    expect(without('sesame-open', 'sesame', 'sesame-open')).toBe('***');
    const secrets = new Secrets();
    secrets.add('value', '${NAME}');
    secrets.add('NAME');
    expect(secrets.redact('value NAME')).toBe('${NAME} ***');
  });
});

/** Both halves are easy to find and not in any message of ours; between them is what makes passwords hard. */
const HALVES = ['Zq7Kx', 'vW9Jy'] as const;
const password = fc
  .string({ unit: fc.constantFrom(...'@/#?:%+ &=!*"\'\\$<>[]{}|~^,;.äé🙂'), maxLength: 8 })
  .map((middle) => HALVES[0] + middle + HALVES[1]);

function expectHidden(text: string): void {
  for (const half of HALVES) if (text.includes(half)) throw new Error(`a part of the password is in: ${text}`);
}

/** Ways to write a password into a graph. */
const WRITTEN = {
  'a URL': (secret: string) => ({ url: `rtsp://bob:${secret}@cam/sub` }),
  'a URL, encoded': (secret: string) => ({ url: `rtsp://bob:${encodeURIComponent(secret)}@cam/sub` }),
  'a login without a scheme': (secret: string) => ({ url: `bob:${secret}@cam` }),
  'a parameter': (secret: string) => ({
    url: `http://cam/live?user=bob&password=${secret.replaceAll('&', '%26')}&n=0`,
  }),
  'an option': (secret: string) => ({ url: 'rtsp://cam', password: secret }),
} as const;

describe.each(Object.entries(WRITTEN))('a password in %s', (_name, write) => {
  const graph = (params: object) =>
    JSON.stringify({
      version: 1,
      camera: 'c',
      nodes: { source: { use: 'source', with: params }, decode: { use: 'decode', from: 'source' } },
    }).replaceAll('${', () => '$${');

  test('is in no fault, whatever is wrong with its option', async () => {
    const property = fc.asyncProperty(password, async (secret) => {
      const right = write(secret);
      for (const [key, value] of Object.entries(right)) {
        const elsewhere =
          key === 'url'
            ? [
                { ...right, pace: value },
                { ...right, port: value },
              ]
            : [];
        for (const wrong of [...elsewhere, { ...right, [key]: [value] }]) {
          const { faults } = await check(graph(wrong));
          expect(faults.length).toBeGreaterThan(0);
          expectHidden(faults.map(formatFault).join('\n'));
        }
        const set = `source.${key === 'url' ? 'port' : 'pasword'}=${JSON.stringify(value).replaceAll('${', () => '$${')}`;
        const { faults } = await check(graph(right), { sets: [set] });
        expect(faults.length).toBeGreaterThan(0);
        expectHidden(faults.map(formatFault).join('\n'));
      }
    });
    await fc.assert(property, { numRuns: 60 });
  });

  test('is in no line of the log, in whatever form', async () => {
    const property = fc.asyncProperty(password, async (secret) => {
      const { secrets } = await check(graph(write(secret)));
      const lines: string[] = [];
      const log = createLog({ write: (line) => lines.push(line), pretty: false });
      for (const known of secrets) log.hide(known);
      const url = new URL('rtsp://cam');
      url.password = secret;
      log.warn(`cannot open ${url.href}`, {
        raw: `rtsp://bob:${secret}@cam: no answer`,
        json: JSON.stringify({ secret }),
        encoded: encodeURIComponent(secret),
        lower: encodeURIComponent(secret).toLowerCase(),
        deep: [{ secret }],
      });
      expect(lines).toHaveLength(1);
      expectHidden(lines.join('\n'));
      expectHidden(log.redact(`<Password>${secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</Password>`));
    });
    await fc.assert(property, { numRuns: 60 });
  });
});

test.each(['*', '!', '!!', '|', '>', '&', '%', '@', '"', '`'])(
  'a password that begins with %s, without quotes',
  async (sign) => {
    const secret = `${sign}${HALVES.join('')}`;
    const { faults } = await check(
      `version: 1\ncamera: c\nnodes:\n  source:\n    use: source\n    with:\n      password: ${secret}\n`,
    );
    expectHidden(faults.map(formatFault).join('\n'));
  },
);

test('the default of a variable is not shown either', async () => {
  for (const text of ['${1X:-Zq7KxvW9Jy}', '${X:-Zq7KxvW9Jy']) {
    const { faults } = await check(
      `version: 1\ncamera: c\nnodes: { source: { use: source, with: { url: "${text}" } } }`,
    );
    expect(faults.length).toBeGreaterThan(0);
    expectHidden(faults.map(formatFault).join('\n'));
  }
});
