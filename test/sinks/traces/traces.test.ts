/** Spans of a graph at work, as a collector gets them. */
import { afterAll, beforeAll, expect, test } from 'bun:test';
import { SystemClock } from '../../../runtime/clock.ts';
import type { Subscriber } from '../../../runtime/hub/message.ts';
import { createLog } from '../../../runtime/log.ts';
import { OpenSinks } from '../../../runtime/sinks/open-sinks.ts';
import { tracesSink } from '../../../runtime/sinks/traces/index.ts';
import { ROOT } from '../../support/command.ts';
import { testNode } from '../../support/graphs.ts';
import { TEST_LIMIT_MS, until } from '../../support/patience.ts';
import { collector as reader, TestSession } from '../../support/sessions.ts';
import { attributesOf, Collector, timesOf } from './collector.ts';

const BLOCK_MS = 40;
const GRAPH = `
version: 1
camera: sky
nodes:
  source: { use: source, with: { url: ${ROOT}/fixtures/sky.mp4, pace: realtime, loop: true } }
  decode: { use: decode, from: source }
  detect: { use: ${testNode('slow-detect')}, from: decode, with: { block_ms: ${BLOCK_MS} } }
  track: { use: track, from: detect }
  zones: { use: zones, from: track, with: { zones: { sky: { points: [[0, 0], [1, 0], [1, 1], [0, 1]] } } } }
  publish: { use: publish, from: zones }
`;
/** Clocks of workers and processes agree to some of these, on a busy machine. */
const CLOCKS_MS = 20;

const collector = new Collector();
/** Number of tracks in each tick, by frame. */
const tracksOf = new Map<number, number>();
let session: TestSession;
let sinks: OpenSinks;

beforeAll(async () => {
  session = await TestSession.start(GRAPH, { traces: { share: 1 } });
  session.set.hub.subscribe({ ...reader(() => undefined), isClient: true });
  const slow: Subscriber = { isRecord: false, isClient: true, maxQueuedChars: 1e9, deliver: () => 'behind' };
  session.set.hub.subscribe(slow);
  session.set.hub.subscribe(
    reader(({ topic, json }) => {
      if (topic === 'tick') tracksOf.set(JSON.parse(json).frame_index, JSON.parse(json).tracks.length);
    }),
  );
  sinks = new OpenSinks({
    file: 'server.yaml',
    sinks: [
      { sink: tracesSink, options: { endpoint: collector.url, service_name: 'roof', headers: { 'x-key': 'sesame' } } },
    ],
    ...{ sessions: session.set, clock: new SystemClock(), stateFolder: '/nowhere', onAudit: () => () => undefined },
    log: createLog({ write: () => undefined, pretty: false }),
  });
  await until('traces', () => collector.traces.length >= 3);
}, TEST_LIMIT_MS);
afterAll(async () => {
  await sinks.close();
  await session[Symbol.asyncDispose]();
  collector[Symbol.dispose]();
});

test('a trace is a frame: below its root one span for each node that worked on it, its message, and the clients', () => {
  for (const { root, children } of collector.traces) {
    expect(root.name).toBe('frame');
    expect([...children.keys()].sort()).toEqual(['clients', 'decode', 'detect', 'publish', 'tick', 'track', 'zones']);
    for (const { traceId, spanId } of [root, ...children.values()]) {
      expect(traceId).toMatch(/^[\da-f]{32}$/);
      expect(spanId).toMatch(/^[\da-f]{16}$/);
    }
  }
  const ids = collector.spans.map(({ spanId }) => spanId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(collector.traces.reduce((sum, { children }) => sum + children.size + 1, 0)).toBe(collector.spans.length);
});

test('times are those of the work: in order, each at least as long as it took, all of them within the root', () => {
  for (const { root, children } of collector.traces) {
    const whole = timesOf(root);
    const began = ['decode', 'detect', 'track', 'zones', 'publish', 'tick', 'clients'].map((name) => {
      const span = children.get(name);
      if (!span) throw new Error(`no ${name}`);
      const { beganMs, endedMs } = timesOf(span);
      expect(beganMs).toBeGreaterThanOrEqual(whole.beganMs);
      expect(endedMs).toBeLessThanOrEqual(whole.endedMs);
      expect(endedMs).toBeGreaterThanOrEqual(beganMs);
      if (name === 'detect') expect(endedMs - beganMs).toBeGreaterThanOrEqual(BLOCK_MS - 1);
      return beganMs;
    });
    for (const [at, ms] of began.slice(1).entries()) expect(ms).toBeGreaterThan((began[at] ?? 0) - CLOCKS_MS);
    expect(Math.abs(whole.endedMs - Date.now())).toBeLessThan(600_000);
  }
});

test('they say which frame of which camera it was, what was found, and how many clients were told', () => {
  for (const { root, children } of collector.traces) {
    const about = attributesOf(root);
    expect(about).toMatchObject({ 'windhover.camera': 'sky', 'windhover.session': session.view.session_id });
    expect(Number(about['windhover.frames_dropped'])).toBeGreaterThanOrEqual(0);
    const node = (id: string) => attributesOf(children.get(id) ?? { attributes: [] });
    expect(node('detect')).toMatchObject({ 'windhover.use': 'slow-detect.ts', 'windhover.detections': 1 });
    expect(node('track')['windhover.tracks']).toBe(tracksOf.get(Number(about['windhover.frame_index'])));
    expect(node('clients')).toEqual({ 'windhover.clients': 2, 'windhover.clients_waiting': 1 });
  }
  expect(collector.resource).toMatchObject({ 'service.name': 'roof' });
  expect(collector.headers.get('x-key')).toBe('sesame');
});
