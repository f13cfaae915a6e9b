/** `bun run models pull`, against servers that cut, stall, lie and forget. */

import { describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DownloadOptions, download } from '../../runtime/cli/models/download.ts';
import { errorCode } from '../../runtime/errors.ts';
import { ROOT } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';
import { PATIENCE_MS, until } from '../support/patience.ts';
import { firstLine } from '../support/processes.ts';
import { models } from './models-command.ts';
import { FileServer } from './models-server.ts';

/** Larger than one read of a socket. */
const BYTES = 300_000;
const HALF = BYTES / 2;
const BODY = bytesOf(1);

function bytesOf(seed: number): Uint8Array {
  return Uint8Array.from({ length: BYTES }, (_, i) => (i * 31 + seed * 17 + (i >> 8)) & 255);
}

function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(bytes).digest('hex');
}

/** A project without models whose registry knows `tiny`, as `server` gives it. */
class Rig implements AsyncDisposable {
  readonly folder = new Folder();
  readonly target = this.folder.file('models/tiny.onnx');
  readonly server: FileServer;

  private constructor(server: FileServer) {
    this.server = server;
    mkdirSync(this.folder.file('models'));
    const known = {
      ...{ name: 'tiny', url: server.url, sha256: sha256(BODY), bytes: BYTES, licence: 'Apache-2.0' },
      ...{ source: 'test', family: 'yolox', classes: 'COCO 80', input: { w: 64, h: 64 } },
    };
    this.folder.write('models/registry.json', JSON.stringify({ version: 1, models: [known] }));
  }

  static async start(): Promise<Rig> {
    return new Rig(await FileServer.start(BODY));
  }

  pull(...args: string[]) {
    return models(['pull', 'tiny', ...args], { root: this.folder.path });
  }

  /** A pull whose connection is cut when half of the file has arrived. */
  async pullHalf() {
    this.server.spoilt = { stallAt: HALF };
    const pulling = this.pull();
    await this.arrived(HALF);
    this.server.cut();
    this.server.spoilt = {};
    return await pulling;
  }

  async arrived(bytes: number): Promise<void> {
    const size = () => statSync(`${this.target}.part`, { throwIfNoEntry: false })?.size;
    await until(`${bytes} bytes`, () => size() === bytes, PATIENCE_MS);
  }

  /** What is in the model folder beside the registry. */
  get files(): string[] {
    return readdirSync(this.folder.file('models'))
      .filter((name) => name !== 'registry.json')
      .toSorted();
  }

  get pulled(): boolean {
    return existsSync(this.target) && Buffer.from(BODY).equals(readFileSync(this.target));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    this.folder[Symbol.dispose]();
  }
}

const PART = ['tiny.onnx.part', 'tiny.onnx.part.etag'];

describe('models pull', () => {
  test('puts a model where graphs find it; a second time there is nothing to do', async () => {
    await using rig = await Rig.start();
    const first = await rig.pull();
    expect(first.exitCode).toBe(0);
    expect(first.stderr).toBe(`tiny: 300 kB from ${rig.server.url}\n`);
    expect(first.stdout).toBe(`tiny: 300 kB, Apache-2.0, SHA-256 is right (${rig.target})\n`);
    expect({ pulled: rig.pulled, files: rig.files }).toEqual({ pulled: true, files: ['tiny.onnx'] });
    const second = await rig.pull();
    expect(second).toEqual({ exitCode: 0, stdout: `tiny: already there (${rig.target})\n`, stderr: '' });
    expect(rig.server.asked).toHaveLength(1);
    expect((await models([], { root: rig.folder.path })).stdout).toContain('tiny');
  });

  test('goes on after a cut connection, with the rest only', async () => {
    await using rig = await Rig.start();
    const cut = await rig.pullHalf();
    expect(cut.exitCode).toBe(1);
    expect(cut.stderr).toMatch(/run the same command again to continue\) \[model_download_failed\]\n$/);
    expect(rig.files).toEqual(PART);
    const { exitCode, stdout } = await rig.pull();
    expect(exitCode).toBe(0);
    expect(stdout).toContain('300 kB, 150 kB of it from before, ');
    expect(rig.pulled).toBe(true);
    expect(rig.files).toEqual(['tiny.onnx']);
    expect(rig.server.asked).toEqual([
      { range: null, ifRange: null, sent: HALF },
      { range: `bytes=${HALF}-`, ifRange: '"first"', sent: HALF },
    ]);
  });

  test('a server that sends the whole file again: starts over', async () => {
    await using rig = await Rig.start();
    writeFileSync(`${rig.target}.part`, bytesOf(2).subarray(0, HALF));
    rig.server.spoilt = { ignoresRange: true };
    expect((await rig.pull()).exitCode).toBe(0);
    expect(rig.pulled).toBe(true);
    expect(rig.server.asked).toEqual([{ range: `bytes=${HALF}-`, ifRange: null, sent: BYTES }]);
  });

  test('a file that was changed in between: starts over', async () => {
    await using rig = await Rig.start();
    rig.server.body = bytesOf(2);
    await rig.pullHalf();
    rig.server.body = BODY;
    rig.server.etag = '"second"';
    expect((await rig.pull()).exitCode).toBe(0);
    expect(rig.pulled).toBe(true);
    expect(rig.server.asked[1]).toEqual({ range: `bytes=${HALF}-`, ifRange: '"first"', sent: BYTES });
  });

  test('a changed file from a server that does not look at If-Range: asks for all of it', async () => {
    await using rig = await Rig.start();
    rig.server.body = bytesOf(2);
    await rig.pullHalf();
    rig.server.body = BODY;
    rig.server.etag = '"second"';
    rig.server.spoilt = { ignoresIfRange: true };
    expect((await rig.pull()).exitCode).toBe(0);
    expect(rig.pulled).toBe(true);
    expect(rig.server.asked.map(({ range }) => range)).toEqual([null, `bytes=${HALF}-`, null]);
  });

  test('all of it is there from before: only the hash is checked', async () => {
    await using rig = await Rig.start();
    writeFileSync(`${rig.target}.part`, BODY);
    expect((await rig.pull()).exitCode).toBe(0);
    expect(rig.pulled).toBe(true);
    expect(rig.server.asked).toEqual([]);
  });

  test('more is there from before than the file has: starts over', async () => {
    await using rig = await Rig.start();
    writeFileSync(`${rig.target}.part`, new Uint8Array(BYTES + 1));
    expect((await rig.pull()).exitCode).toBe(0);
    expect(rig.pulled).toBe(true);
    expect(rig.server.asked.map(({ range }) => range)).toEqual([null]);
  });
});

describe('models pull refuses', () => {
  test('a file with another hash, and leaves nothing behind', async () => {
    await using rig = await Rig.start();
    rig.server.body = bytesOf(2);
    const { exitCode, stderr } = await rig.pull();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`expected SHA-256 ${sha256(BODY)}, got ${sha256(bytesOf(2))}`);
    expect(stderr).toContain('[model_hash_mismatch]\n');
    expect(rig.files).toEqual([]);
  });

  test.each([
    { why: 'says so', spoilt: {}, got: `${BYTES + 1}`, body: new Uint8Array(BYTES + 1) },
    { why: 'does not say so', spoilt: { bare: true }, got: 'more', body: new Uint8Array(BYTES + 1) },
    { why: 'is shorter', spoilt: {}, got: '10', body: new Uint8Array(10) },
  ])('a file of another size that $why', async ({ spoilt, got, body }) => {
    await using rig = await Rig.start();
    rig.server.body = body;
    rig.server.spoilt = spoilt;
    const { exitCode, stderr } = await rig.pull();
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`expected ${BYTES} bytes, got ${got} [model_size_mismatch]\n`);
    expect(rig.files).toEqual([]);
  });

  test('a file that is not there; what there is from before stays', async () => {
    await using rig = await Rig.start();
    writeFileSync(`${rig.target}.part`, BODY.subarray(0, HALF));
    rig.server.spoilt = { status: '404 Not Found' };
    const { exitCode, stderr } = await rig.pull();
    expect(exitCode).toBe(1);
    expect(stderr).toContain('expected status 200, got 404 Not Found [model_download_failed]\n');
    expect(rig.files).toEqual(['tiny.onnx.part']);
  });

  test('a server that is not there', async () => {
    await using rig = await Rig.start();
    await rig.server[Symbol.asyncDispose]();
    const { exitCode, stderr } = await rig.pull();
    expect(exitCode).toBe(1);
    expect(stderr).toContain('[model_download_failed]\n');
    expect(rig.files).toEqual([]);
  });

  test('another file of that name, unless --force', async () => {
    await using rig = await Rig.start();
    writeFileSync(rig.target, 'my own');
    const refused = await rig.pull();
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('or replace it with --force) [model_exists]\n');
    expect(readFileSync(rig.target, 'utf8')).toBe('my own');
    expect((await rig.pull('--force')).exitCode).toBe(0);
    expect(rig.pulled).toBe(true);
  });

  test('a name that it does not know, before anything is asked for', async () => {
    await using rig = await Rig.start();
    const { exitCode, stderr } = await rig.pull('tinny');
    expect(exitCode).toBe(1);
    expect(stderr).toBe("windhover models: no known model is called 'tinny'; did you mean 'tiny'?\n");
    expect(rig.server.asked).toEqual([]);
  });
});

describe('a download that stands still', () => {
  const options = (rig: Rig, stallMs: number): DownloadOptions => ({
    ...{ url: rig.server.url, bytes: BYTES, sha256: sha256(BODY), target: rig.target, stallMs },
    signal: new AbortController().signal,
  });

  test('is given up, and goes on the next time', async () => {
    await using rig = await Rig.start();
    rig.server.spoilt = { stallAt: HALF };
    const failure = await download(options(rig, 200)).catch((error: unknown) => error);
    expect(errorCode(failure)).toBe('model_download_stalled');
    expect(String(failure)).toContain('sent nothing for 0.2 s (the received part is kept');
    // On a busy machine the time may be over before anything has arrived.
    const kept = statSync(`${rig.target}.part`, { throwIfNoEntry: false })?.size ?? 0;
    rig.server.spoilt = {};
    expect(await download(options(rig, PATIENCE_MS))).toBe(kept);
    expect(rig.pulled).toBe(true);
    expect(rig.server.asked[1]?.sent).toBe(BYTES - kept);
  });

  test('can be interrupted by Ctrl-C, and goes on the next time', async () => {
    await using rig = await Rig.start();
    rig.server.spoilt = { stallAt: HALF };
    const script = `import { models } from '${join(import.meta.dir, 'models-command.ts')}';
      const { exitCode, stderr } = await models(['pull', 'tiny'], { root: '${rig.folder.path}' });
      process.stderr.write(stderr);
      process.exit(exitCode);`;
    const child = Bun.spawn([process.execPath, '-e', script], { stdio: ['ignore', 'ignore', 'pipe'] });
    await rig.arrived(HALF);
    child.kill('SIGINT');
    expect(await child.exited).toBe(130);
    expect(await new Response(child.stderr).text()).toContain('tiny: interrupted (the received part is kept');
    rig.server.spoilt = {};
    expect((await rig.pull()).stdout).toContain('150 kB of it from before');
    expect(rig.pulled).toBe(true);
  });
});

test('while another process downloads it: refused, until that one is gone', async () => {
  await using rig = await Rig.start();
  const holder = Bun.spawn(['bun', join(ROOT, 'test/support/lock-holder.ts'), `${rig.target}.lock`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await firstLine(holder);
  const { exitCode, stderr } = await rig.pull();
  expect(exitCode).toBe(1);
  expect(stderr).toContain(`process ${holder.pid} downloads ${rig.target}`);
  holder.kill('SIGKILL');
  await holder.exited;
  expect((await rig.pull()).exitCode).toBe(0);
  expect(readdirSync(rig.folder.file('models')).toSorted()).toEqual(['registry.json', 'tiny.onnx']);
});

test('in a terminal a bar shows how far it is', async () => {
  await using rig = await Rig.start();
  const { stderr } = await models(['pull', 'tiny'], { root: rig.folder.path, terminal: true });
  const bars = stderr.split('\r').flatMap((line) => /tiny ([█░]{24}) +(\d+) % · (.*)$/m.exec(line)?.slice(2) ?? []);
  expect(bars[0]).toBe('0');
  expect(bars.at(-2)).toBe('100');
  expect(bars.at(-1)).toMatch(/^300 kB of 300 kB · \d+(\.\d)? [kM]B\/s · 0 s left$/);
});
