/** The lives of tracks in a running session, while its nodes, workers and processes come and go. */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import type { MetadataTick, TrackEvent } from '../../schemas/index.ts';
import { Folder, graphText, testNode } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { collector, TestSession } from '../support/sessions.ts';

setDefaultTimeout(TEST_LIMIT_MS);

/** Two objects that stand still, but for what `hidden` says of the first one, at 20 fps. */
function detections(hidden: (frame: number) => boolean): string {
  const box = (x: number) => ({ x, y: 100, w: 60, h: 60, confidence: 0.9, label: 'drone' });
  const frames = Array.from({ length: 3000 }, (_, frame) => {
    return { frame, detections: hidden(frame) ? [box(400)] : [box(400), box(100)] };
  });
  return [{ width: 640, height: 360, fps: 20 }, ...frames].map((line) => JSON.stringify(line)).join('\n');
}

class Told {
  readonly #folder = new Folder();
  readonly path: string;
  readonly #lives = new Map<number, string>();
  readonly faults: string[] = [];

  constructor(hidden: (frame: number) => boolean = () => false) {
    this.path = this.#folder.write('detections.jsonl', detections(hidden));
  }

  graph(change: Record<string, string> = {}): string {
    const replay = `{ use: replay, worker: first, with: { path: ${this.path}, pace: realtime } }`;
    const track = '{ use: track, from: replay }';
    return graphText({ replay, track, publish: '{ use: publish, from: track }', ...change });
  }

  /** @returns what clients are told, from now on */
  listen(session: TestSession): void {
    session.set.hub.subscribe(
      collector(({ topic, json }) => {
        if (topic === 'tracks') this.#event(JSON.parse(json));
        else if (topic === 'tick') this.#tick(JSON.parse(json));
      }),
    );
  }

  lives(life: 'new' | 'end'): number[] {
    return [...this.#lives].flatMap(([id, now]) => (now === life ? id : []));
  }

  #event({ event, after: { id } }: TrackEvent): void {
    const life = this.#lives.get(id);
    if (event === 'new' ? life !== undefined : life !== 'new') this.faults.push(`${event} of ${id}: ${life}`);
    if (event !== 'update') this.#lives.set(id, event);
  }

  #tick({ tracks }: MetadataTick): void {
    for (const { id } of tracks)
      if (this.#lives.get(id) === 'end') this.faults.push(`a tick shows ${id} after its end`);
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

const RENAMED = { publish: '', tell: '{ use: publish, from: track }' };

test.concurrent.each([
  { why: 'beside track', change: {} },
  { why: 'away from track', change: { track: '{ use: track, worker: second, from: replay }' } },
])('another node takes the place of publish, $why: what is in view goes on under new ids', async ({ change }) => {
  using told = new Told();
  await using session = await TestSession.start(told.graph(change));
  told.listen(session);
  await session.until('two tracks', ({ tracks }) => tracks === 2 && told.lives('new').length === 2);
  const text = told.graph({ ...change, ...RENAMED }).replace(/.*publish: \n/, '');
  expect(await session.change(text)).toMatchObject({ how: 'workers' });
  await session.until('two new ones', () => told.lives('new').length === 2 && told.lives('end').length === 2);
  await session.stop();
  expect({ faults: told.faults, open: told.lives('new') }).toEqual({ faults: [], open: [] });
});

test.concurrent('a tracker of somebody else: hidden for too long, and a process that dies', async () => {
  using told = new Told((frame) => frame % 100 > 40 && frame % 100 < 70);
  const track = `{ use: ${testNode('numbers-objects')}, from: replay }`;
  await using session = await TestSession.start(told.graph({ track }));
  told.listen(session);
  await session.until('the end of one', () => told.lives('end').length === 1);
  await session.until('it is seen again', () => Number(session.node('publish').reused_ids) > 5);
  expect(readFileSync(`/proc/${session.pid}/environ`, 'utf8').split('\0')).toContain('ORT_DISABLE_TELEMETRY=1');
  if (session.pid !== undefined) process.kill(session.pid, 'SIGKILL');
  await session.until('all ended', () => told.lives('end').length === 2);
  const warnings = () => session.log.filter(({ code }) => code === 'reused_id').map(({ node }) => node);
  await session.until('the same ids again', () => warnings().length === 2);
  await session.stop();
  expect({ faults: told.faults, open: told.lives('new') }).toEqual({ faults: [], open: [] });
  expect(warnings()).toEqual(['publish', 'publish']);
});
