/** Rows for tests: tracks with their boxes, made from random numbers. */
import type { AuditRow, Batch, SampleRow, SessionRow, TrackRow } from '../../../runtime/sinks/history/rows.ts';

export const START_MS = 1_790_000_000_000;

export function sessionRow(session: string, camera: string): SessionRow {
  return { session, camera, startedMs: START_MS, frameWidth: 640, frameHeight: 360, space: 'source', sampleMs: 500 };
}

export function trackRow(session: string, id: number, changed: Partial<TrackRow> = {}): TrackRow {
  return {
    ...{ session, id, camera: session.replace('s-', ''), label: 'drone', topConf: 0.9, startMs: START_MS },
    ...{ endMs: START_MS + 1000, zones: [], best: null, ...changed },
  };
}

/** Its boxes, one each half a second, to its end or for `lengthMs`. */
export function sampleRows({ session, id, label, startMs, endMs }: TrackRow, lengthMs = 1000): SampleRow[] {
  const count = Math.floor(((endMs ?? startMs + lengthMs) - startMs) / 500) + 1;
  return Array.from({ length: count }, (_, i) => ({
    ...{ session, id, atMs: startMs + i * 500, label, conf: 0.123457, isTarget: id % 2 === 0 },
    bbox: { x: (100 + i) / 1000, y: 0.000001, w: 0.25, h: 0.999999 },
  }));
}

export function auditRow(requestId: string, action = 'set_target_id'): AuditRow {
  return { atMs: START_MS, requestId, caller: 'bob', action, result: 'ok', details: '{}' };
}

export function batch(part: Partial<Batch>): Batch {
  const all = [...(part.tracks ?? []), ...(part.samples ?? []), ...(part.commands ?? [])];
  const sessions = [...new Set(all.map(({ session }) => session))].map((name) =>
    sessionRow(name, name.replace('s-', '')),
  );
  return { sessions, tracks: [], samples: [], commands: [], audit: [], ...part };
}
