/** Scenes of a camera as detections: at the time of their pictures, whatever the camera's clock; and what fails. */
import { describe, expect, test } from 'bun:test';
import type { DetectionsMessage, MetadataMessage } from '../../../runtime/data.ts';
import { errorCode } from '../../../runtime/errors.ts';
import { sceneDocument, sceneOf } from '../../../runtime/sinks/onvif/scene.ts';
import { type NodeRun, type Recorded, runNode } from '../../node-runner.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const SIZE = { w: 640, h: 360 };
/** What the analytics of the camera take. */
const LATE_MS = 250;
const HOUR_MS = 3_600_000;
const BEGAN_UNIX_MS = 1_730_000_000_000;
const BOX = { x: 0.25, y: 0.5, w: 0.125, h: 0.25 };
const BOX_PX = { x: 160, y: 180, w: 80, h: 90 };

const message = (change: Partial<MetadataMessage> = {}): MetadataMessage => ({
  hasTrack: true,
  arrivalMonoMs: 0,
  cameraToMonoMs: null,
  captureClock: 'arrival',
  originMonoMs: 0,
  size: SIZE,
  generation: 1,
  ...change,
});

const sceneAt = (unixMs: number, ids: readonly number[] = [1]) =>
  sceneDocument(
    sceneOf({ ts_unix_ms: unixMs, tracks: ids.map((id) => ({ id, label: 'drone', conf: 0.8, bbox: BOX })) }),
  );
/** Of a scene, as XML: what our own writer does not write. */
const written = (unixMs: number, inside: string, module = 'a') =>
  `<MetadataStream><Frame UtcTime="${new Date(unixMs).toISOString()}" Source="${module}">${inside}</Frame></MetadataStream>`;
const standing = (id: number, more = '') =>
  `<Object ObjectId="${id}"><Appearance><Shape><BoundingBox left="-0.5" top="0" right="-0.25" bottom="-0.5"/></Shape></Appearance>${more}</Object>`;
const IDLE = '<Behaviour><Idle/></Behaviour>';

async function run(
  inputs: readonly Recorded[],
  params: object = {},
  clock = new ManualClock(0, BEGAN_UNIX_MS),
): Promise<NodeRun> {
  return await runNode('onvif-metadata', {
    params: { ...params },
    inputs: { metadata: inputs },
    clock,
    pace: 'realtime',
  });
}
const out = (done: NodeRun) => done.output<DetectionsMessage>('node.detections');
const found = (done: NodeRun) => out(done).map(({ detections }) => detections.length);

/** Documents of pictures each 100 ms, which come late by turns; what the time of each is to be. */
function pictures(
  count: number,
  clockMs: (takenMs: number) => number,
  change: (takenMs: number) => Partial<MetadataMessage>,
) {
  return Array.from({ length: count }, (_, i) => {
    const takenMs = i * 100;
    const arrivalMonoMs = takenMs + LATE_MS + ((i * 7) % 5) * 20;
    const document = sceneAt(BEGAN_UNIX_MS + clockMs(takenMs));
    return message({ document, arrivalMonoMs, ...change(takenMs) });
  });
}

describe('times', () => {
  test('a camera whose clock is an hour off and drifts: those of its pictures hold, and boxes lie where they were', async () => {
    const clockMs = (takenMs: number) => Math.round(takenMs * 1.01) + HOUR_MS;
    const done = await run(
      pictures(200, clockMs, (takenMs) => ({
        cameraToMonoMs: takenMs - BEGAN_UNIX_MS - clockMs(takenMs),
        captureClock: 'arrival',
      })),
    );
    expect(done.failures).toEqual([]);
    expect(out(done).map(({ frame }) => Math.round(frame.captureMonoMs))).toEqual(
      Array.from({ length: 200 }, (_, i) => i * 100),
    );
    expect(out(done)[7]).toMatchObject({
      frame: { index: 7, mediaTimeS: 0.7, captureUnixMs: BEGAN_UNIX_MS + 700, captureClock: 'arrival', size: SIZE },
      detections: [{ bboxPx: BOX_PX, confidence: 0.8, label: 'drone' }],
    });
  });

  test('a right clock alone is enough', async () => {
    const done = await run(
      pictures(
        100,
        (takenMs) => takenMs,
        () => ({}),
      ),
    );
    expect(out(done).map(({ frame }) => [frame.captureMonoMs, frame.captureClock])).toEqual(
      Array.from({ length: 100 }, (_, i) => [i * 100, 'camera']),
    );
  });

  test.each([
    ['an hour off and drifting', (takenMs: number) => Math.round(takenMs * 1.001) - HOUR_MS, null],
    ['by another clock than the pictures', (takenMs: number) => takenMs + HOUR_MS, -BEGAN_UNIX_MS],
  ])('a clock that is %s: by arrival, and no later than that', async (_name, clockMs, cameraToMonoMs) => {
    const done = await run(pictures(200, clockMs, () => ({ cameraToMonoMs })));
    const offMs = out(done).map(({ frame }) => frame.captureMonoMs - frame.decodedMonoMs);
    expect(Math.max(...offMs)).toBeLessThanOrEqual(0);
    const late = out(done)
      .slice(20)
      .map(({ frame }, i) => frame.captureMonoMs - (i + 20) * 100);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(LATE_MS - 20);
    expect(Math.max(...late)).toBeLessThanOrEqual(LATE_MS + 20);
    expect(out(done).every(({ frame }) => frame.captureClock === 'arrival')).toBe(true);
  });

  test('a scene of a time that was told is left out; one that names no time is of its arrival', async () => {
    const at = (unixMs: number, arrivalMonoMs: number) => message({ document: sceneAt(unixMs), arrivalMonoMs });
    const none = message({
      document: '<MetadataStream><Frame Source="Windhover"/></MetadataStream>',
      arrivalMonoMs: 500,
    });
    const done = await run([
      at(BEGAN_UNIX_MS + 100, 200),
      at(BEGAN_UNIX_MS + 100, 250),
      at(BEGAN_UNIX_MS + 50, 300),
      none,
    ]);
    expect(out(done).map(({ frame }) => frame.captureMonoMs)).toEqual([100, 500]);
    expect(done.stats('node')).toMatchObject({ scenes: 4, late_scenes: 2, decoded: 2 });
  });
});

describe('silence', () => {
  const later = (ms: number) => (node: NodeRun) => (node.clock as ManualClock).advance(ms);

  test('is a picture without objects, once a second, and at once only after such a one', async () => {
    const clock = new ManualClock(0, BEGAN_UNIX_MS);
    const beat = () => message({ arrivalMonoMs: clock.monoMs() });
    const inputs: Recorded[] = [message({ document: sceneAt(BEGAN_UNIX_MS) })];
    const done = await run([...inputs, later(3000), beat(), later(2500), beat()], {}, clock);
    expect(found(done)).toEqual([1, 0]);
    const other = new ManualClock(0, BEGAN_UNIX_MS);
    const after = await run(
      [message({ document: sceneAt(BEGAN_UNIX_MS, []) }), later(1500), beat(), later(500), beat(), later(600), beat()],
      {},
      other,
    );
    expect(out(after).map(({ frame }) => frame.captureMonoMs)).toEqual([0, 500, 1600]);
  });

  test('from the beginning on is a warning, until a scene comes', async () => {
    const clock = new ManualClock(0, BEGAN_UNIX_MS);
    const done = await run(
      [
        message(),
        later(31_000),
        message(),
        message(),
        message({ document: sceneAt(BEGAN_UNIX_MS + 31_000), arrivalMonoMs: 31_000 }),
      ],
      {},
      clock,
    );
    expect(done.faults.map(({ fault }) => fault && { ...fault, message: '' })).toEqual([
      { code: 'metadata_silent', message: '', isWarning: true },
      null,
    ]);
  });
});

describe('objects', () => {
  const at = (ms: number, inside: string, module?: string) =>
    message({ document: written(BEGAN_UNIX_MS + ms, inside, module), arrivalMonoMs: ms });

  test('one that stands still is there until it is told of again, or is no more', async () => {
    const again = [at(0, standing(1, IDLE)), at(100, standing(2)), at(200, standing(1)), at(300, '')];
    expect(found(await run(again))).toEqual([1, 2, 1, 0]);
    const deleted = [at(0, standing(1, IDLE)), at(100, ''), at(200, '<ObjectTree><Delete ObjectId="1"/></ObjectTree>')];
    expect(found(await run(deleted))).toEqual([1, 1, 0]);
    const reconnected = { ...at(100, ''), generation: 2 };
    expect(found(await run([at(0, standing(1, IDLE)), reconnected]))).toEqual([1, 0]);
  });

  test('of several analytics modules one is taken: the first that sees something, or the named one', async () => {
    const mixed = [
      at(0, '', 'motion'),
      at(50, standing(1), 'tracker'),
      at(60, standing(1) + standing(2), 'motion'),
      at(100, standing(1), 'tracker'),
    ];
    const first = await run(mixed);
    expect(found(first)).toEqual([0, 1, 1]);
    expect(first.logs.map(({ level, fields }) => [level, fields?.code, fields?.taken])).toEqual([
      ['warn', 'metadata_modules', 'tracker'],
    ]);
    const named = await run(mixed, { module: 'motion' });
    expect([found(named), named.logs]).toEqual([[0, 2], []]);
  });

  test('without a box it is counted; the size is that of the options before that of the source', async () => {
    const hidden = '<Object ObjectId="7"><Appearance/></Object>';
    const done = await run([at(0, hidden + standing(1))], { width: 1000, height: 500 });
    expect(done.stats('node').without_box).toBe(1);
    expect(out(done)[0]).toMatchObject({
      frame: { size: { w: 1000, h: 500 } },
      detections: [{ bboxPx: { x: 250, y: 250, w: 125, h: 125 }, label: 'object', confidence: 1 }],
    });
  });
});

test('a document that cannot be read is left out, counted, and told once', async () => {
  const broken = message({ document: '<MetadataStream><Frame></b></MetadataStream>' });
  const done = await run([broken, broken, message({ document: sceneAt(BEGAN_UNIX_MS) })]);
  expect([found(done), done.stats('node').broken_documents]).toEqual([[1], 2]);
  expect(done.logs.map(({ level, fields }) => [level, fields?.code])).toEqual([['warn', 'xml_malformed']]);
});

test('a stream without metadata is a lasting fault, unless it has had some before', async () => {
  const of = (done: NodeRun) =>
    done.failures.map(({ error }) => [
      errorCode(error),
      (error as { details?: { permanent?: boolean } }).details?.permanent,
    ]);
  expect(of(await run([message({ hasTrack: false })]))).toEqual([['metadata_no_track', true]]);
  expect(of(await run([message(), message({ hasTrack: false, generation: 2 })]))).toEqual([
    ['metadata_no_track', false],
  ]);
});

test('a node that takes over goes on with the number and the time of its predecessor', async () => {
  let kept: unknown;
  const leave = async (node: NodeRun) => {
    kept = await node.nodes.get('node')?.leave(true);
    await node.nodes.get('node')?.close();
  };
  await run([message({ document: sceneAt(BEGAN_UNIX_MS) }), leave]);
  expect(kept).toEqual({ index: 1, captureMonoMs: 0, originMonoMs: 0 });
  const next = [
    message({ document: sceneAt(BEGAN_UNIX_MS) }),
    message({ document: sceneAt(BEGAN_UNIX_MS + 40), arrivalMonoMs: 40 }),
  ];
  const after = await runNode('onvif-metadata', {
    inputs: { metadata: next },
    kept: { node: kept },
    clock: new ManualClock(0, BEGAN_UNIX_MS),
    pace: 'realtime',
  });
  expect(out(after).map(({ frame }) => [frame.index, frame.captureMonoMs])).toEqual([[1, 40]]);
});

test.each([
  ['neither a source nor a broker', {}, []],
  ['both', { url: 'mqtt://127.0.0.1', topic: 'a' }, [message()]],
])('%s: a lasting fault', async (_name, params, inputs) => {
  const opening = runNode('onvif-metadata', {
    params,
    pace: 'realtime',
    ...(inputs.length > 0 ? { inputs: { metadata: inputs } } : {}),
  });
  await expect(opening).rejects.toMatchObject({ code: 'metadata_address', details: { permanent: true } });
});
