/** A running session that is given other graphs, and what must hold of it. */
import { expect } from 'bun:test';
import { join } from 'node:path';
import type { MetadataTick, TrackEvent } from '../../schemas/index.ts';
import { ROOT } from '../support/command.ts';
import { chain, graphText, testNode } from '../support/graphs.ts';
import { TestSession } from '../support/sessions.ts';

export const FAST_MODEL = join(ROOT, 'models', 'fast.onnx');

/** Ids of all tracks with how often each event was told of it. */
export function told(session: TestSession): Map<number, string[]> {
  const all = new Map<number, string[]>();
  for (const json of session.recorded) {
    const message: MetadataTick | TrackEvent = JSON.parse(json);
    if (message.type !== 'track_event' || message.event === 'update') continue;
    all.set(message.after.id, [...(all.get(message.after.id) ?? []), message.event]);
  }
  return all;
}

export type Nodes = Readonly<Record<string, string>>;

/**
 * A chain of nodes with some of them changed, as the text of a graph. A track that a busy machine did not see for a
 * while is the same one, and is lost to the tracker before it ends for clients.
 */
export function graph(changed: Nodes = {}, pace: 'realtime' | 'asap' = 'realtime'): string {
  const nodes = chain(pace, changed);
  const patient = (node: string | undefined, options: string) => `${node?.replace(/ }$/, '')}, with: { ${options} } }`;
  const track = patient(nodes.track, 'lost_after_s: 4');
  return graphText({ ...nodes, track, publish: patient(nodes.publish, 'end_after_ms: 5000') });
}

export const ZONES =
  '{ use: zones, from: track, with: { zones: { all: { points: [[0, 0], [1, 0], [1, 1], [0, 1]] } } } }';
export const REFUSES = { refuses: `{ use: ${testNode('refuses')}, from: track }` };
export const detect = (model: string, options = '') =>
  `{ use: detect, from: decode, with: { model: ${model}${options} } }`;

export async function running(): Promise<TestSession> {
  const session = await TestSession.start(graph(), { record: true });
  await session.state('running');
  await session.until('a track', ({ tracks }) => tracks > 0);
  return session;
}

export function ticks(session: TestSession): MetadataTick[] {
  const all = session.recorded.map((json): MetadataTick | TrackEvent => JSON.parse(json));
  return all.filter((message) => message.type === 'metadata_tick');
}

/** Frames go on to rise, no counter falls, and every track has had one beginning and one end. */
export async function expectWhole(session: TestSession): Promise<void> {
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
export function printGap(what: string, session: TestSession, from: number): void {
  const times = ticks(session).map(({ ts_mono_ms = 0 }) => ts_mono_ms);
  const gaps = times.map((ms, i) => ms - (times[i - 1] ?? ms));
  console.log(`${what}: longest time between two ticks ${Math.max(...gaps.slice(from))} ms`);
}

/** Waits for ticks of this many frames more. */
export async function framesOn(session: TestSession, frames = 10): Promise<void> {
  const { processed } = session.view.frames;
  await session.until('more frames', (view) => view.frames.processed >= processed + frames);
}
