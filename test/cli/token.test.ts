/** `bun run token`, and servers that listen to other machines, by HTTPS, and check tokens. */
import { describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { ROOT, RunningCommand, runCommand } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';

const PEM = join(ROOT, 'test', 'ptz', 'self-signed.pem');
const REPLAY = ['replay', 'fixtures/session.jsonl', '--loop', '--port', '0'];

class State extends Folder {
  run(...args: string[]) {
    return runCommand(['token', ...args, '--state', this.path]);
  }
}

describe('token', () => {
  test('is made, listed without its secret, and revoked', async () => {
    using state = new State();
    const { stdout, stderr, exitCode } = await state.run(
      'create',
      'wall',
      '--role',
      'viewer',
      '--camera',
      'a',
      '--camera',
      'b,c',
      '--expires',
      '2d',
    );
    expect([exitCode, stderr]).toEqual([0, 'this is shown only once\n']);
    expect(stdout).toMatch(/^wh_[\w-]{43}\n$/);
    await state.run('create', 'ops', '--role', 'admin');
    const list = (await state.run('list')).stdout;
    expect(list).toMatch(
      /^name {2}role {4}cameras {2}made .*\nops {3}admin {3}all .* never\nwall {2}viewer {2}a, b, c .*\n$/,
    );
    const json = (await state.run('list', '--json')).stdout;
    expect(JSON.parse(json)).toMatchObject([
      { name: 'ops' },
      { name: 'wall', role: 'viewer', cameras: ['a', 'b', 'c'] },
    ]);
    expect(list + json).not.toContain(stdout.trim());
    expect(json).not.toContain('sha256');
    expect((await state.run('revoke', 'wall')).stdout).toBe('revoked wall\n');
    expect((await state.run('list')).stdout).not.toContain('wall');
  });

  test.each([
    [
      ['create', 'ops', '--role', 'admin'],
      1,
      'There is a token ops (choose another name, or first: bun run token revoke ops)',
    ],
    [['create', 'a b', '--role', 'admin'], 1, 'Bad token: name'],
    [['create', '../x', '--role', 'admin'], 1, 'Bad token: name'],
    [['create', 'x', '--role', 'root'], 2, '--role; expected viewer, controller, admin, got root'],
    [['create', 'x'], 2, '--role; expected viewer, controller, admin, got none'],
    [['create', 'x', '--role', 'admin', '--expires', 'soon'], 2, '--expires; expected a time like 30d'],
    [['create', 'x', '--role', 'admin', '--camera', ''], 2, '--camera'],
    [['revoke', 'opps'], 1, 'Unknown token: opps; got opps (did you mean ops?)'],
    [['revoke'], 2, 'revoke: name one token'],
    [['creat', 'x'], 2, 'did you mean'],
    [[], 2, "'' is nothing to do with tokens"],
  ])('%j', async (args, code, says) => {
    using state = new State();
    await state.run('create', 'ops', '--role', 'viewer');
    const { exitCode, stderr } = await state.run(...args);
    expect([exitCode, stderr]).toEqual([code, expect.stringContaining(says)]);
  });
});

describe('a server for other machines', () => {
  test(
    'by HTTPS: checks tokens, takes new ones, and refuses revoked ones',
    async () => {
      using state = new State();
      const token = (await state.run('create', 'one', '--role', 'viewer')).stdout.trim();
      const tls = ['--cert', PEM, '--key', PEM];
      await using server = new RunningCommand([...REPLAY, '--host', '0.0.0.0', '--state', state.path, ...tls]);
      const { url } = await server.ready();
      expect(url).toMatch(/^https:/);
      const here = url.replace('0.0.0.0', '127.0.0.1');
      const ask = async (secret: string) => {
        const headers = secret === '' ? {} : { authorization: `Bearer ${secret}` };
        return (await fetch(`${here}/cameras`, { headers, tls: { rejectUnauthorized: false } })).status;
      };
      expect([await ask(''), await ask('wh_wrong'), await ask(token)]).toEqual([401, 401, 200]);
      const two = (await state.run('create', 'two', '--role', 'viewer')).stdout.trim();
      expect(await ask(two)).toBe(200);
      const { sessions } = (await (
        await fetch(`${here}/sessions`, {
          headers: { authorization: `Bearer ${token}` },
          tls: { rejectUnauthorized: false },
        })
      ).json()) as { sessions: { ws_path: string }[] };
      const options = { protocols: ['windhover', `bearer.${token}`], tls: { rejectUnauthorized: false } };
      const socket = new WebSocket(`${here.replace('https', 'wss')}${sessions[0]?.ws_path}`, options);
      let [ticks, closed] = [0, ''];
      socket.onmessage = () => {
        ticks += 1;
      };
      socket.onclose = ({ code, reason }) => {
        closed = `${code} ${reason}`;
      };
      await until('ticks', () => ticks > 0);
      const before = performance.now();
      await state.run('revoke', 'one');
      await until('closed', () => closed !== '');
      expect(closed).toBe('1008 token revoked');
      await until('refused', async () => (await ask(token)) === 401);
      expect(performance.now() - before).toBeLessThan(5000);
      expect(await ask(two)).toBe(200);
      expect(server.stdout + server.stderr).not.toContain(token);
    },
    TEST_LIMIT_MS,
  );

  test(
    '--insecure opens it to everybody, and the log says so',
    async () => {
      using state = new State();
      await using server = new RunningCommand([...REPLAY, '--host', '0.0.0.0', '--insecure', '--state', state.path]);
      const { url } = await server.ready();
      expect((await fetch(`${url.replace('0.0.0.0', '127.0.0.1')}/cameras`)).status).toBe(200);
      expect(server.stderr).toContain('"code":"insecure"');
    },
    TEST_LIMIT_MS,
  );

  test.each([
    [['--host', '0.0.0.0'], '--host 0.0.0.0: other machines could use this server, and there is no token'],
    [['--cert', PEM], '--cert; expected --cert and --key together'],
    [['--key', PEM], '--key; expected --cert and --key together'],
    [['--cert', 'nowhere.pem', '--key', PEM], '--cert nowhere.pem: cannot be read'],
    [['--cert', 'README.md', '--key', PEM], '--cert README.md; expected a certificate in PEM'],
    [['--cert', PEM, '--key', 'README.md'], '--key README.md; expected a private key in PEM'],
    [['--cert', PEM, '--key', 'OTHER'], '; expected the key of the certificate'],
    [['--trust-proxy', 'proxy.example'], '--trust-proxy; expected an address'],
    [['--trust-proxy', '10.0.0.0/64'], '--trust-proxy; expected an address'],
    [['--allow-host', 'http://ops.example'], '--allow-host; expected a host name'],
  ])('%j is refused with exit code 2', async (args, says) => {
    using state = new State();
    const key = state.write('other.pem', OTHER_KEY);
    const given = args.map((arg) => (arg === 'OTHER' ? key : arg));
    const { exitCode, stderr } = await runCommand([...REPLAY, ...given, '--state', state.path]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(says)]);
    expect(stderr).not.toContain('PRIVATE KEY');
  });
});

/** Of no certificate. */
const OTHER_KEY = await crypto.subtle
  .generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  .then(({ privateKey }) => crypto.subtle.exportKey('pkcs8', privateKey))
  .then((der) => `-----BEGIN PRIVATE KEY-----\n${Buffer.from(der).toString('base64')}\n-----END PRIVATE KEY-----\n`);
