/** The metadata track of a camera (RTSP from gst-rtsp-server): boxes have the time of their pictures, and become tracks. */
import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SystemClock } from '../../runtime/clock.ts';
import type { DetectionsMessage, FrameMeta, FrameView } from '../../runtime/data.ts';
import type { MetadataTick } from '../../schemas/index.ts';
import { type NodeRun, openGraph } from '../node-runner.ts';
import { ROOT, RunningCommand } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';
import { LONG_TEST_LIMIT_MS, until } from '../support/patience.ts';
import { freePort, hasRtspServer, quantile, type RtspOptions, RtspServer } from './peers.ts';
import { PICTURE, shownTime } from './shown-time.ts';

setDefaultTimeout(LONG_TEST_LIMIT_MS);

/** Of metadata.py: an object goes from left to right once in that time, over so much of the width. */
const LOOP_MS = 4000;
const WAY = 0.9;
const LATE_MS = 200;
/** Under load, what is measured scatters. */
const MOST_OFF_MS = 40;

/** From one moment to another that is known but for whole loops. */
function wrapped(ms: number): number {
  return ms - Math.round(ms / LOOP_MS) * LOOP_MS;
}

class Described {
  readonly run: NodeRun;
  readonly pictures: { readonly meta: FrameMeta; readonly takenUnixMs: number }[] = [];

  private constructor(run: NodeRun) {
    this.run = run;
    const record = run.record.bind(run);
    run.record = (key, value) => {
      if (key !== 'decode.frames') return record(key, value);
      const { meta, data } = value as FrameView;
      this.pictures.push({ meta, takenUnixMs: shownTime(data) });
    };
  }

  static async open(url: string, params: object = {}): Promise<Described> {
    const source = { use: 'source', with: { url, ...params } };
    const nodes = `source: ${JSON.stringify(source)}\nmetadata: { use: onvif-metadata, from: source }\ndecode: { use: decode, from: source }`;
    const frames = { ...PICTURE, format: 'gray8', fit: 'stretch' } as const;
    const described = new Described(await openGraph(nodes, { clock: new SystemClock(), frames }));
    described.run.start();
    return described;
  }

  get told(): DetectionsMessage[] {
    return this.run.output<DetectionsMessage>('metadata.detections');
  }

  /** Claimed time of each box less the time when its object was there. */
  get errorsMs(): number[] {
    return this.told.flatMap(({ frame, detections: [first] }) => {
      if (!first) return [];
      return [wrapped(frame.captureUnixMs - (first.bboxPx.x / frame.size.w / WAY) * LOOP_MS)];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.run.stop();
    await this.run.finished;
  }
}

describe.skipIf(!hasRtspServer())('a camera with its own analytics', () => {
  test.each<[string, RtspOptions, object]>([
    ['H.264 by TCP', {}, {}],
    ['H.265 by UDP, late encoder', { codec: 'h265', delay_ms: 100 }, { transport: 'udp' }],
    ['MJPEG', { codec: 'mjpeg' }, {}],
  ])(
    '%s: each box has the time of its picture, and the size of the picture is known',
    async (_name, options, params) => {
      await using server = await RtspServer.start({ metadata: { delay_ms: LATE_MS }, ...options });
      await using described = await Described.open(server.url, params);
      await until('scenes', () => described.told.length >= 40);
      expect(Math.abs(quantile(described.errorsMs, 0.5))).toBeLessThan(MOST_OFF_MS);
      expect(described.told[0]).toMatchObject({
        frame: { size: { w: 640, h: 360 } },
        detections: [{ label: 'person', confidence: 0.9 }],
      });
      expect(
        described.told.every(({ frame }) => frame.decodedMonoMs - frame.captureMonoMs >= LATE_MS - MOST_OFF_MS),
      ).toBe(true);
      const { scenes, broken_documents = 0 } = described.run.stats('metadata');
      expect([Number(scenes) >= 40, broken_documents]).toEqual([true, 0]);
    },
  );

  test('with a slow encoder: a box lies on its picture, once sender reports tell the time of both', async () => {
    await using server = await RtspServer.start({ metadata: { delay_ms: LATE_MS }, delay_ms: 300 });
    await using described = await Described.open(server.url);
    await until('sender reports', () => described.pictures.at(-1)?.meta.captureClock === 'camera');
    const known = described.told.length;
    await until('scenes', () => described.told.length >= known + 40);
    const byReports = described.pictures.filter(({ meta }) => meta.captureClock === 'camera');
    const offMs = described.told.slice(known + 10).flatMap(({ frame, detections: [box] }) => {
      const picture = byReports.find(({ meta }) => Math.abs(meta.captureMonoMs - frame.captureMonoMs) < 10);
      return picture && box ? [wrapped(picture.takenUnixMs - (box.bboxPx.x / frame.size.w / WAY) * LOOP_MS)] : [];
    });
    expect(offMs.length).toBeGreaterThan(10);
    expect(Math.abs(quantile(offMs, 0.5))).toBeLessThan(MOST_OFF_MS);
  });

  test('whose clock is wrong by an hour: late by what its analytics take, and no more', async () => {
    await using server = await RtspServer.start({ metadata: { delay_ms: LATE_MS, clock_ms: 3_600_000 } });
    await using described = await Described.open(server.url);
    await until('scenes', () => described.told.length >= 40);
    expect(Math.abs(quantile(described.errorsMs.slice(10), 0.5) - LATE_MS)).toBeLessThan(2 * MOST_OFF_MS);
  });

  test('that sees nothing says nothing: pictures without objects', async () => {
    await using server = await RtspServer.start({ metadata: { quiet: true } });
    await using described = await Described.open(server.url);
    await until('silence is told', () => described.told.length >= 3);
    expect(described.told.every(({ detections }) => detections.length === 0)).toBe(true);
  });

  test('that is gone and back: numbers and times go on', async () => {
    const port = freePort();
    const options = { port, metadata: { delay_ms: LATE_MS } };
    await using described = await (async () => {
      await using server = await RtspServer.start(options);
      const opened = await Described.open(server.url);
      await until('scenes', () => opened.told.length >= 10);
      return opened;
    })();
    const before = described.told.length;
    await using _again = await RtspServer.start(options);
    await until('scenes again', () => described.told.length >= before + 10);
    const { told } = described;
    expect(told.map(({ frame }) => frame.index)).toEqual(told.map((_, i) => i));
    expect(told.every(({ frame }, i) => i === 0 || frame.mediaTimeS > (told[i - 1]?.frame.mediaTimeS ?? 0))).toBe(true);
    expect(described.run.faults.map(({ node }) => node)).not.toContain('metadata');
  });

  test('without a metadata track: a lasting fault with what to do', async () => {
    await using server = await RtspServer.start();
    await using described = await Described.open(server.url);
    await described.run.finished;
    expect(described.run.failures).toMatchObject([
      { node: 'metadata', error: { code: 'metadata_no_track', details: { permanent: true } } },
    ]);
  });

  test('by the shipped graph: its objects are tracked and told, without a model', async () => {
    await using server = await RtspServer.start({
      metadata: { delay_ms: LATE_MS },
      logins: [['operator', 'a-secret']],
    });
    using folder = new Folder();
    const jsonl = folder.file('out.jsonl');
    const args = [
      'graph',
      join(ROOT, 'graphs/onvif-metadata.yaml'),
      '--set',
      `source.url=${server.url}`,
      '--port',
      '0',
    ];
    const env = { CAM_HOST: 'unused', CAM_USER: 'operator', CAM_PASSWORD: 'a-secret' };
    await using command = new RunningCommand([...args, '--state', folder.path, '--jsonl', jsonl], { env });
    const { url } = await command.ready();
    const ticks = () =>
      readFileSync(jsonl, 'utf8')
        .split('\n')
        .filter((line) => line.includes('"metadata_tick"') && line.endsWith('}'))
        .map((line): MetadataTick => JSON.parse(line));
    await until('tracks', () => ticks().filter(({ tracks }) => tracks.length > 0).length >= 10);
    const seen = ticks().filter(({ tracks }) => tracks.length > 0);
    expect(seen.every(({ tracks: [track] }) => track?.label === 'person')).toBe(true);
    const offMs = seen.map(({ ts_unix_ms, tracks: [track] }) => {
      return wrapped(ts_unix_ms - ((track?.bbox.x ?? 0) / WAY) * LOOP_MS);
    });
    expect(Math.abs(quantile(offMs, 0.5))).toBeLessThan(2 * MOST_OFF_MS);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });
});
