/**
 * The topics `stats` (of all) and `sessions/ID/stats`, once a second, and GET /stats. GET /sessions/{id}/stats is the latest
 * message of its topic, as of any other.
 */
import type { Elysia } from 'elysia';
import { type Stats, StatsSchema } from '../../schemas/stats.ts';
import { type Caller, seesCamera } from '../access/caller.ts';
import { type Clock, WallTime } from '../clock.ts';
import { processUse } from '../process-use.ts';
import type { Sessions } from '../session/api.ts';
import { callerOf } from './context.ts';
import { StatsBook } from './stats-book.ts';
import { STATS } from './topic-names.ts';
import { describe } from './views.ts';

const EVERY_MS = 1000;

export interface StatsParts {
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly version: string;
  readonly clients: () => number;
}

export class StatsTopic {
  readonly #parts: StatsParts;
  readonly #book = new StatsBook();
  readonly #wall: WallTime;
  readonly #startedMs: number;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(parts: StatsParts) {
    this.#parts = parts;
    this.#wall = new WallTime(parts.clock);
    this.#startedMs = parts.clock.monoMs();
  }

  start(): void {
    this.#timer = setInterval(() => this.step(), EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The latest, as JSON. */
  get json(): string {
    const { hub } = this.#parts.sessions;
    if (!hub.retained('', STATS)) this.step();
    return hub.retained('', STATS)?.json ?? '';
  }

  step(): void {
    const { sessions, clock, version, clients } = this.#parts;
    const nowMs = clock.monoMs();
    const uptime = Math.floor((nowMs - this.#startedMs) / 1000);
    const { all, cameras } = this.#book.step({
      nowMs,
      nowUnixMs: Math.round(this.#wall.at(nowMs)),
      sessions: sessions.measured?.() ?? [],
      service: { uptime, version, clients: clients(), pid: process.pid },
      use: processUse,
      ptzCommandsPerS: (sessionId) => {
        const json = sessions.hub.retained(sessionId, 'autotrack')?.json;
        return json === undefined ? null : (JSON.parse(json).commands_per_s ?? null);
      },
    });
    for (const stats of cameras) this.#publish(stats.session_id, stats.camera_id, stats);
    this.#publish('', '', all);
  }

  #publish(sessionId: string, cameraId: string, stats: object): void {
    const json = JSON.stringify(stats);
    // That time has passed is no news: it is not recorded.
    this.#parts.sessions.hub.publish({
      sessionId,
      cameraId,
      topic: STATS,
      keep: 'latest',
      json,
      live: true,
      isNews: false,
    });
  }
}

export function addStats(app: Elysia, stats: StatsTopic): void {
  const answer = (request: Request) => seenStats(stats.json, callerOf(request));
  app.get('/stats', ({ request }) => new Response(answer(request), { headers: JSON_TYPE }), {
    detail: describe(
      'How the cameras and the server do',
      { 200: { says: 'As of the last second, of the cameras that the caller sees', schema: StatsSchema } },
      { role: 'viewer' },
    ),
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** Without the cameras that do not exist for the caller. */
function seenStats(json: string, caller: Caller): string {
  if (caller.cameras === null) return json;
  const stats: Stats = JSON.parse(json);
  const cameras = Object.entries(stats.cameras).filter(([camera]) => seesCamera(caller, camera));
  return JSON.stringify({ ...stats, cameras: Object.fromEntries(cameras) });
}
