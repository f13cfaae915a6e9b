/** A running session is given another graph: real processes, workers and video. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { MetadataTick, TrackEvent } from '../../schemas/index.ts';
import { ROOT } from '../support/command.ts';
import { COMPACT_MODEL, chain, graphText, testNode } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { TestSession } from '../support/sessions.ts';

const FAST_MODEL = join(ROOT, 'models', 'fast.onnx');

/** Ids of all tracks with how often each event was told of it. */
function told(session: TestSession): Map<number, string[]> {
  const all = new Map<number, string[]>();
  for (const json of session.recorded) {
    const message: MetadataTick | TrackEvent = JSON.parse(json);
    if (message.type !== 'track_event' || message.event === 'update') continue;
    all.set(message.after.id, [...(all.get(message.after.id) ?? []), message.event]);
  }
  return all;
}

type Nodes = Readonly<Record<string, string>>;

/**
 * A chain of nodes with some of them changed, as the text of a graph. A track that a busy machine did not see for a
 * while is the same one, and is lost to the tracker before it ends for clients.
 */
function graph(changed: Nodes = {}, pace: 'realtime' | 'asap' = 'realtime'): string {
  const nodes = chain(pace, changed);
  const patient = (node: string | undefined, options: string) => `${node?.replace(/ }$/, '')}, with: { ${options} } }`;
  const track = patient(nodes.track, 'lost_after_s: 4');
  return graphText({ ...nodes, track, publish: patient(nodes.publish, 'end_after_ms: 5000') });
}

const ZONES = '{ use: zones, from: track, with: { zones: { all: { points: [[0, 0], [1, 0], [1, 1], [0, 1]] } } } }';
const REFUSES = { refuses: `{ use: ${testNode('refuses')}, from: track }` };
const detect = (model: string, options = '') => `{ use: detect, from: decode, with: { model: ${model}${options} } }`;

async function running(): Promise<TestSession> {
  const session = await TestSession.start(graph(), { record: true });
  await session.state('running');
  await session.until('a track', ({ tracks }) => tracks > 0);
  return session;
}

function ticks(session: TestSession): MetadataTick[] {
  const all = session.recorded.map((json): MetadataTick | TrackEvent => JSON.parse(json));
  return all.filter((message) => message.type === 'metadata_tick');
}

/** Frames go on to rise, no counter falls, and every track has had one beginning and one end. */
async function expectWhole(session: TestSession): Promise<void> {
  const { frames } = session.view;
  expect(frames.decoded).toBe(frames.processed + frames.dropped);
  await session.stop();
  const indices = ticks(session).map(({ frame_index = -1 }) => frame_index);
  expect(indices).toEqual(indices.toSorted((a, b) => a - b));
  const all = told(session);
  expect(all.size).toBeGreaterThan(0);
  expect([...all].filter(([, events]) => events.join() !== 'new,end')).toEqual([]);
  expect(session.view.restarts).toBe(0);
}

/** What a change cost: a figure for people, since a busy machine makes it anything. @param from number of the first tick */
function printGap(what: string, session: TestSession, from: number): void {
  const times = ticks(session).map(({ ts_mono_ms = 0 }) => ts_mono_ms);
  const gaps = times.map((ms, i) => ms - (times[i - 1] ?? ms));
  console.log(`${what}: longest time between two ticks ${Math.max(...gaps.slice(from))} ms`);
}

/** Waits for ticks of this many frames more. */
async function framesOn(session: TestSession, frames = 10): Promise<void> {
  const { processed } = session.view.frames;
  await session.until('more frames', (view) => view.frames.processed >= processed + frames);
}

describe('one session, changed and changed back', () => {
  let session: TestSession;
  let pid: number | undefined;
  beforeAll(async () => {
    session = await running();
    pid = session.pid;
  }, TEST_LIMIT_MS);
  afterAll(() => session[Symbol.asyncDispose]());
  beforeEach(async () => {
    await session.change(graph());
    await session.until('a track', ({ tracks }) => tracks > 0);
  }, TEST_LIMIT_MS);

  test('the same graph again: nothing', async () => {
    expect(await session.change(graph())).toEqual({ how: 'nothing', nodes: [], workers: [] });
  });

  test('a live option of decode: taken while all goes on', async () => {
    const ids = new Set(told(session).keys());
    const changed = await session.change(graph({ decode: '{ use: decode, from: source, with: { fps: 5 } }' }));
    expect(changed).toEqual({ how: 'live', nodes: ['decode'], workers: [] });
    await session.until('left out frames', () => Number(session.node('decode').rate_limited) > 10);
    await framesOn(session, 3);
    expect([...ids].every((id) => told(session).has(id))).toBe(true);
  });

  test('detect.confidence: in effect at once', async () => {
    const changed = await session.change(graph({ detect: detect(COMPACT_MODEL, ', confidence: 1') }));
    expect(changed).toEqual({ how: 'live', nodes: ['detect'], workers: [] });
    await session.until('nothing detected', ({ tracks }) => tracks === 0);
  });

  test('detect.model: ids, frame numbers and the target go on', async () => {
    const target_id = ticks(session).at(-1)?.tracks[0]?.id ?? -1;
    await session.set.request(session.view.session_id, 'set_target_id', { target_id });
    await session.until('the target', ({ selected_target_id }) => selected_target_id === target_id);
    const from = ticks(session).length;
    const changed = await session.change(graph({ detect: detect(FAST_MODEL) }));
    expect(changed).toEqual({ how: 'workers', nodes: ['detect'], workers: ['detect'] });
    await framesOn(session);
    expect(session.node('detect').model).toBe('fast');
    expect(session.view.selected_target_id).toBe(target_id);
    printGap('detect.model', session, from);
  });

  test('a node more, and a node less: tracks go on', async () => {
    const from = ticks(session).length;
    const changed = await session.change(graph({ zones: ZONES, publish: '{ use: publish, from: zones }' }));
    expect(changed).toEqual({ how: 'workers', nodes: ['publish', 'zones'], workers: ['track'] });
    await session.until('a track in the zone', () => ticks(session).at(-1)?.tracks[0]?.zones?.[0] === 'all');
    await session.change(graph());
    await session.until('a track in no zone', () => ticks(session).at(-1)?.tracks[0]?.zones === undefined);
    await framesOn(session);
    printGap('zones', session, from);
  });

  test('another option of decode: its worker starts again, and frames go on from where they were', async () => {
    const changed = await session.change(graph({ decode: '{ use: decode, from: source, with: { threads: 2 } }' }));
    expect(changed).toEqual({ how: 'workers', nodes: ['decode'], workers: ['source'] });
    await framesOn(session);
  });

  test('a node that can’t be opened: refused, and all goes on', async () => {
    await expect(session.change(graph(REFUSES))).rejects.toMatchObject({ code: 'refuses' });
    await framesOn(session);
  });

  test('all of it in the same process, and whole', async () => {
    expect(session.pid).toBe(pid);
    await expectWhole(session);
  });
});

test(
  'in asap pace no frame is lost over it',
  async () => {
    await using session = await TestSession.start(graph({}, 'asap'), { record: true });
    await session.until('some frames', ({ frames }) => frames.processed > 5);
    const changed = await session.change(graph({ detect: detect(COMPACT_MODEL, ', threads: 2') }, 'asap'));
    expect(changed.how).toBe('workers');
    await session.state('ended');
    const { frames } = session.view;
    const indices = ticks(session).map(({ frame_index }) => frame_index);
    expect(indices).toEqual(Array.from({ length: frames.decoded }, (_, index) => index));
    await expectWhole(session);
  },
  TEST_LIMIT_MS,
);

test(
  'ten changes one after the other, at any moment of the work of the one before',
  async () => {
    const from = (track: string) => `{ use: publish, from: ${track} }`;
    const steps: Nodes[] = [
      { detect: detect(FAST_MODEL) },
      { zones: ZONES, publish: from('zones') },
      { decode: '{ use: decode, from: source, with: { threads: 2 } }', zones: ZONES, publish: from('zones') },
      { track: '{ use: track, from: detect, worker: a }', publish: '{ use: publish, from: track, worker: b }' },
      { autotrack: '{ use: autotrack, from: track }', publish: from('{ tracks: track, ptz: autotrack }') },
      { detect: detect(COMPACT_MODEL, ', confidence: 0.2') },
      // Another reader of the frames: the decoder gets another ring, and the first reader goes over to it.
      { more: detect(COMPACT_MODEL), sink: `{ use: ${testNode('sink')}, from: more }` },
      REFUSES,
      { decode: '{ use: decode, from: source, with: { fps: 12 } }', detect: detect(FAST_MODEL) },
      {},
    ];
    await using session = await running();
    const { pid } = session;
    for (const [i, step] of steps.entries()) {
      await session.change(graph(step)).catch((error: Error) => expect(error.message).toContain('does not open'));
      await framesOn(session, (i * 7) % 11);
    }
    expect(session.pid).toBe(pid);
    printGap('ten changes', session, 0);
    await expectWhole(session);
  },
  TEST_LIMIT_MS,
);

test(
  'another pace: a whole new process, under the same session id; refused where it can’t be opened',
  async () => {
    await using session = await running();
    const { session_id } = session.view;
    await expect(session.change(graph(REFUSES, 'asap'))).rejects.toMatchObject({ code: 'refuses' });
    await framesOn(session);
    expect(session.view).toMatchObject({ restarts: 0, state: 'running' });
    const { pid } = session;
    expect(await session.change(graph({}, 'asap'))).toMatchObject({ how: 'process' });
    await session.state('ended');
    expect(session.view).toMatchObject({ session_id, restarts: 0 });
    expect(session.pid).not.toBe(pid);
  },
  TEST_LIMIT_MS,
);
