/** From messages to rows and back: what is kept of a session, and how it is told later. No database has a part in it. */
import { describe, expect, test } from 'bun:test';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { PastSession } from '../../../runtime/sinks/history/past.ts';
import type { SampleRow, StoredTrack, TrackRow } from '../../../runtime/sinks/history/rows.ts';
import { SessionSampler } from '../../../runtime/sinks/history/sampler.ts';
import { type MetadataTick, MetadataTickSchema, type TrackEvent, TrackEventSchema } from '../../../schemas/index.ts';
import { PROPERTY_LIMIT_MS } from '../../support/patience.ts';
import { eventMessage, ptzMessage, tickMessage } from './rig.ts';
import { START_MS, sessionRow } from './rows.ts';

/** Keeps what the sampler gives. */
function sampled(play: (sampler: SessionSampler) => void) {
  const [tracks, samples, commands] = [new Map<number, TrackRow>(), [] as SampleRow[], [] as unknown[]];
  const rows = {
    session: () => undefined,
    track: (row: TrackRow) => void tracks.set(row.id, row),
    sample: (row: SampleRow) => void samples.push(row),
    command: (row: unknown) => void commands.push(row),
  };
  play(new SessionSampler(rows, { ...sessionRow('s-cam_01', 'cam_01'), sampleMs: 500 }));
  return { tracks: [...tracks.values()], samples, commands };
}

/** A session of ticks at 10 Hz: each track is seen from one tick to another, and told of from its second one on. */
function session(lives: readonly { from: number; to: number }[], target: number | null = null) {
  const last = Math.max(0, ...lives.map(({ to }) => to));
  return sampled((sampler) => {
    for (let i = 0; i <= last + 11; i++) {
      const atMs = START_MS + i * 100;
      sampler.tick(
        tickMessage(
          atMs,
          lives.flatMap(({ from, to }, id) => (from <= i && i <= to ? [id] : [])),
          target,
        ),
      );
      for (const [id, { from, to }] of lives.entries()) {
        if (i === from + 1) sampler.event(eventMessage('new', id, START_MS + from * 100, null));
        if (i === Math.max(to, from + 1) + 10)
          sampler.event(eventMessage('end', id, START_MS + from * 100, START_MS + to * 100));
      }
    }
  });
}

describe('what is kept', () => {
  test('a box each half a second, the first that is known, and the last', () => {
    const { samples } = session([{ from: 3, to: 17 }]);
    const times = samples.map(({ atMs }) => (atMs - START_MS) / 100);
    expect(times.toSorted((a, b) => a - b)).toEqual([4, 5, 10, 15, 17]);
  });

  test('nothing of what was never told of', () => {
    const { tracks, samples } = sampled((sampler) => {
      for (let i = 0; i < 50; i++) sampler.tick(tickMessage(START_MS + i * 100, [7]));
    });
    expect({ tracks, samples }).toEqual({ tracks: [], samples: [] });
  });

  test('of commands to the camera each that is another, with how the link stands', () => {
    const { commands } = sampled((sampler) => {
      for (const [i, pan] of [0, 0.5, 0.5, 0.5, 0].entries()) {
        const link = i === 3 ? ({ state: 'lost', reason: 'no answer' } as const) : undefined;
        sampler.ptz(ptzMessage(START_MS + i, { pan, tilt: 0, zoom: 0 }, { pan_deg: i, ...(link ? { link } : {}) }));
      }
    });
    expect(commands).toMatchObject([
      { atMs: START_MS, pan: 0, result: 'ready' },
      { atMs: START_MS + 1, pan: 0.5, panDeg: 1, roundTripMs: 12, result: 'ready' },
      { atMs: START_MS + 3, pan: 0.5, result: 'lost', reason: 'no answer' },
      { atMs: START_MS + 4, pan: 0, result: 'ready' },
    ]);
  });
});

describe('a past stretch', () => {
  const stretch = (rows: ReturnType<typeof session>, fromMs: number, toMs: number) => {
    const stored = rows.tracks.map((track): StoredTrack => ({ ...track, isRetained: false, isInterrupted: false }));
    const tracks = stored
      .filter(({ startMs, endMs }) => startMs <= toMs && (endMs === null || endMs >= fromMs))
      .toSorted((a, b) => a.startMs - b.startMs);
    const past = new PastSession({ session: sessionRow('s-cam_01', 'cam_01'), tracks, fromMs, toMs });
    const samples = rows.samples
      .filter(({ atMs }) => atMs >= fromMs - 1000 && atMs <= toMs)
      .toSorted((a, b) => a.atMs - b.atMs || a.id - b.id);
    return [past.begin(), ...past.take(samples), ...past.end()];
  };

  test('tells beginnings, boxes and ends in order, and who was the target', () => {
    const rows = session(
      [
        { from: 0, to: 12 },
        { from: 6, to: 9 },
      ],
      0,
    );
    const told = stretch(rows, START_MS, START_MS + 5000).map((message) => {
      const at = (message.ts_unix_ms - START_MS) / 100;
      if (message.type === 'track_event') return `${at} ${message.event} ${message.after.id}`;
      if (message.type === 'history_state') return `${at} every ${message.sample_ms}`;
      return `${at} boxes ${message.tracks.map(({ id }) => id)} target ${message.selected_target_id}`;
    });
    expect(told).toEqual([
      '0 every 500',
      '0 new 0',
      '1 boxes 0 target 0',
      '5 boxes 0 target 0',
      '6 new 1',
      '7 boxes 0,1 target 0',
      '9 boxes 0,1 target 0',
      '9 end 1',
      '10 boxes 0 target 0',
      '12 boxes 0 target 0',
      '12 end 0',
      '17 boxes  target null',
    ]);
  });

  test('of any session and any time: what the contract says, each track begins and ends once, no box of what is not there', () => {
    const life = fc.tuple(fc.nat(60), fc.nat(60)).map(([from, length]) => ({ from, to: from + length }));
    const property = fc.property(fc.array(life, { maxLength: 6 }), fc.nat(130), fc.nat(130), (lives, from, length) => {
      const [fromMs, toMs] = [START_MS + from * 100, START_MS + (from + length) * 100];
      const messages = stretch(session(lives), fromMs, toMs);
      const events = messages.filter((message): message is TrackEvent => message.type === 'track_event');
      const ticks = messages.filter((message): message is MetadataTick => message.type === 'metadata_tick');
      for (const event of events) expect([...Value.Errors(TrackEventSchema, event)]).toEqual([]);
      for (const tick of ticks) expect([...Value.Errors(MetadataTickSchema, tick)]).toEqual([]);
      const times = messages.map(({ ts_unix_ms }) => ts_unix_ms);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times.every((ms) => ms >= fromMs && ms <= toMs)).toBe(true);
      for (const [id, { from: first, to: last }] of lives.entries()) {
        const own = events.filter(({ after }) => after.id === id).map(({ event }) => event);
        const [startMs, endMs] = [START_MS + first * 100, START_MS + last * 100];
        const isThere = startMs <= toMs && endMs >= fromMs;
        expect(own).toEqual(isThere ? (endMs <= toMs ? ['new', 'end'] : ['new']) : []);
        for (const { ts_unix_ms, tracks } of ticks) {
          if (tracks.some((track) => track.id === id)) {
            expect(ts_unix_ms).toBeGreaterThanOrEqual(startMs);
            expect(ts_unix_ms).toBeLessThanOrEqual(endMs);
          }
        }
      }
    });
    fc.assert(property, { numRuns: 100, interruptAfterTimeLimit: PROPERTY_LIMIT_MS });
  });
});
