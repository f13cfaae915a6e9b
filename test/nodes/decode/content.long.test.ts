/** What the pictures of a camera themselves show to be wrong, with streams by FFmpeg, in real time. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { SystemClock } from '../../../runtime/clock.ts';
import type { FrameView } from '../../../runtime/data.ts';
import { hasFfmpeg } from '../../live/ffmpeg-peer.ts';
import { openGraph } from '../../node-runner.ts';
import { TEST_LIMIT_MS } from '../../support/patience.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const X264 = '-c:v libx264 -preset ultrafast -tune zerolatency -g 12';
const TS = '-f mpegts -flush_packets 1 pipe:1';

/** A camera by MPEG-TS over HTTP. @param answers what each answer is made of, one after the other; the last one again and again */
class Camera implements AsyncDisposable {
  readonly #server: Bun.Server<undefined>;
  readonly #running = new Set<Bun.Subprocess>();

  constructor(answers: readonly (readonly string[])[]) {
    let asked = 0;
    const fetch = () => {
      const parts = answers[Math.min(asked++, answers.length - 1)] ?? [];
      return new Response(this.#play(parts), { headers: { 'content-type': 'video/mp2t' } });
    };
    this.#server = Bun.serve({ hostname: '127.0.0.1', port: 0, idleTimeout: 0, fetch });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}/live`;
  }

  async *#play(parts: readonly string[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      const command = ['ffmpeg', '-v', 'error', '-re', '-f', 'lavfi', '-i', ...`${part} ${TS}`.split(' ')];
      const process = Bun.spawn(command, { stdout: 'pipe', stderr: 'ignore' });
      this.#running.add(process);
      yield* process.stdout;
      this.#running.delete(process);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#running) process.kill('SIGKILL');
    await this.#server.stop(true);
  }
}

async function watch(url: string) {
  const source = JSON.stringify({ use: 'source', with: { url } });
  const decode = JSON.stringify({ use: 'decode', from: 'source', with: { frozen_after_s: 2 } });
  const clock = new SystemClock();
  const run = await openGraph(`source: ${source}\ndecode: ${decode}`, { clock, pace: 'realtime' });
  run.start();
  return {
    run,
    frames: () => run.output<FrameView>('decode.frames'),
    faultsOf: (id: string) => run.faults.flatMap(({ node, fault }) => (node === id ? [fault?.code ?? null] : [])),
    logged: () => run.logs.map(({ fields }) => fields?.code),
    [Symbol.asyncDispose]: async () => {
      run.stop();
      await run.finished;
    },
  };
}

describe.skipIf(!hasFfmpeg())('a camera', () => {
  test('whose picture freezes: a fault until it moves again; a still one with noise is none', async () => {
    const moving = `testsrc2=size=320x180:rate=12:duration=2`;
    await using freezing = new Camera([
      [`${moving},tpad=stop_mode=clone:stop_duration=60 ${X264}`],
      [`${moving} ${X264}`],
    ]);
    const sky = 'gradients=size=320x180:rate=12:c0=0x5080c0:c1=0xa0c0e0:x0=0:y0=0:x1=10:y1=180:speed=0.00001:n=2';
    await using still = new Camera([[`${sky},noise=alls=2:allf=t ${X264} -crf 32`]]);
    await using frozen = await watch(freezing.url);
    await using noisy = await watch(still.url);
    await frozen.run.until(() => frozen.faultsOf('decode').length > 0);
    expect(frozen.faultsOf('decode')).toEqual(['decode_frozen']);
    const [fault] = frozen.run.faults.filter(({ node }) => node === 'decode');
    expect(fault?.fault?.message).toContain('the same picture');
    const before = frozen.frames().length;
    await noisy.run.until(() => (noisy.frames().at(-1)?.meta.mediaTimeS ?? 0) > 6);
    expect(frozen.frames()).toHaveLength(before);
    expect(Number(frozen.run.stats('decode').frozen)).toBeGreaterThan(0);
    expect(noisy.faultsOf('decode')).toEqual([]);
  });

  test('that changes its size, its clock and its codec is followed', async () => {
    const picture = (size: string, seconds: number) => `testsrc2=size=${size}:rate=12:duration=${seconds}`;
    const first = `${picture('320x180', 2)} ${X264} -output_ts_offset 100`;
    const second = `${picture('160x90', 2)} ${X264}`;
    const third = `${picture('160x90', 60)} -c:v mpeg2video -g 12`;
    await using camera = new Camera([[first, second, third], [third]]);
    await using seen = await watch(camera.url);
    await seen.run.until(() => seen.faultsOf('source').filter((code) => code === null).length >= 2);
    await seen.run.until(() => seen.frames().length >= 60);
    expect(seen.faultsOf('source')).toEqual([null, 'source_changed', null]);
    expect(seen.logged().filter((code) => code === 'decode_size_changed')).toHaveLength(1);
    expect(seen.logged()).toContain('source_clock_jump');
    const metas = seen.frames().map(({ meta }) => meta);
    expect(new Set(metas.map(({ size }) => size.w))).toEqual(new Set([320, 160]));
    const stepsS = metas.slice(1).map(({ mediaTimeS }, i) => mediaTimeS - (metas[i]?.mediaTimeS ?? 0));
    expect(Math.min(...stepsS)).toBeGreaterThan(0);
    expect(Math.max(...stepsS)).toBeLessThan(20);
  });
});
