/** Tokens on the disk, and what a server makes of files that are none. */
import { expect, test } from 'bun:test';
import {
  chmodSync,
  copyFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Access } from '../../runtime/access/access.ts';
import { createToken, readTokens, revokeToken } from '../../runtime/access/tokens.ts';
import { Folder } from '../support/graphs.ts';
import { ManualClock } from '../support/manual-clock.ts';

const WANTED = { role: 'viewer', cameras: null, created_unix_ms: 1, expires_unix_ms: null } as const;

function rig() {
  const folder = new Folder();
  const errors: string[] = [];
  const say = () => undefined;
  const log = { debug: say, info: say, warn: say, error: (message: string) => void errors.push(message) };
  const clock = new ManualClock();
  const open = () => new Access({ folder: folder.path, mayBeOpen: true, clock, log });
  const access = open();
  const gets = async (token: string) => (await access.callerOf({ by: 'bearer', token }))?.name ?? null;
  const end = () => {
    access.close();
    folder[Symbol.dispose]();
  };
  const tokens = join(folder.path, 'tokens');
  return { folder: folder.path, tokens, errors, clock, open, access, gets, [Symbol.dispose]: end };
}

test('files and folders are for their owner alone, and nothing is left beside them', () => {
  using place = rig();
  createToken(place.folder, { name: 'a', ...WANTED });
  expect(() => createToken(place.folder, { name: 'a', ...WANTED })).toThrow('There is a token a');
  expect(readdirSync(place.tokens)).toEqual(['a.json']);
  expect(statSync(place.tokens).mode & 0o777).toBe(0o700);
  expect(statSync(join(place.tokens, 'a.json')).mode & 0o777).toBe(0o600);
});

test('a log-out holds after a restart, and leaves nothing behind once its cookie has expired', async () => {
  using place = rig();
  const token = createToken(place.folder, { name: 'a', ...WANTED });
  const caller = (await place.access.callerOf({ by: 'bearer', token })) ?? expect.unreachable();
  const cookies = [];
  for (let i = 0; i < 2; i++) {
    const signed = await place.access.sign(caller, 'page', { ...WANTED, forMs: 60_000 });
    cookies.push({ by: 'cookie', token: signed.token } as const);
  }
  const [left = expect.unreachable(), kept = expect.unreachable()] = cookies;
  await place.access.giveBack(left);
  const again = place.open();
  expect([await again.callerOf(left), (await again.callerOf(kept))?.name]).toEqual([null, 'a']);
  expect(readdirSync(join(place.folder, 'given-back'))).toHaveLength(1);
  place.clock.advance(61_000);
  again.look();
  again.close();
  expect(readdirSync(join(place.folder, 'given-back'))).toEqual([]);
  expect(place.errors).toEqual([]);
});

test('a name that is used again is another token', async () => {
  using place = rig();
  const first = createToken(place.folder, { name: 'a', ...WANTED });
  const caller = await place.access.callerOf({ by: 'bearer', token: first });
  const signed = await place.access.sign(caller ?? expect.unreachable(), 'session', { ...WANTED, forMs: 60_000 });
  expect(await place.gets(signed.token)).toBe('a');
  revokeToken(place.folder, 'a');
  const second = createToken(place.folder, { name: 'a', ...WANTED });
  place.access.look();
  expect([await place.gets(first), await place.gets(signed.token), await place.gets(second)]).toEqual([
    null,
    null,
    'a',
  ]);
  expect(caller?.ended?.reason).toBe('token revoked');
});

test('what is no token is told and gives no access, and the others go on', async () => {
  using place = rig();
  const good = createToken(place.folder, { name: 'good', ...WANTED });
  const file = (name: string) => join(place.tokens, name);
  copyFileSync(file('good.json'), file('copy.json'));
  writeFileSync(file('empty.json'), '');
  writeFileSync(file('list.json'), '[]');
  writeFileSync(file('more.json'), JSON.stringify({ ...readTokens(place.folder).tokens[0], name: 'more', extra: 1 }));
  writeFileSync(file('draft.new'), 'x');
  symlinkSync('nowhere', file('link.json'));
  place.access.look();
  expect(place.errors.map((text) => /: (\w+)\.json/.exec(text)?.[1])).toEqual(['copy', 'empty', 'list', 'more']);
  expect(await place.gets(good)).toBe('good');
  revokeToken(place.folder, 'good');
  place.access.look();
  expect(await place.gets(good)).toBeNull();
});

test('a folder that cannot be read any more lets nobody in', async () => {
  using place = rig();
  expect(await place.gets('wh_')).toBe('anybody');
  const token = createToken(place.folder, { name: 'a', ...WANTED });
  expect(await place.gets(token)).toBe('a');
  // Another kind of file in its place: permissions do not keep root out.
  renameSync(place.tokens, `${place.tokens}.aside`);
  writeFileSync(place.tokens, '');
  place.access.look();
  place.access.look();
  expect([await place.gets(token), await place.gets('')]).toEqual([null, null]);
  expect(place.errors).toHaveLength(1);
  rmSync(place.tokens);
  renameSync(`${place.tokens}.aside`, place.tokens);
  chmodSync(place.tokens, 0o700);
  expect(await place.gets(token)).toBe('a');
});
