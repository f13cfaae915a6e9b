/** What is not written yet. Bounded: what would be too much goes, the oldest first, and is counted. Pure. */
import type { AuditRow, Batch, PtzCommandRow, SampleRow, SessionRow, TrackRow } from './rows.ts';

/** Most rows that wait: about an hour and a half of eight cameras, 25 MB. */
export const MOST_WAITING = { samples: 200_000, tracks: 50_000, commands: 50_000, audit: 20_000 };
/** Rows of one transaction: it takes some tens of milliseconds. */
const AT_ONCE = 4000;

export class Backlog {
  /** Rows that were given up. */
  lost = 0;
  /** By session; they are few, and are written with each of their rows. */
  readonly #sessions = new Map<string, SessionRow>();
  /** By session and id: of one track the latest counts. */
  readonly #tracks = new Map<string, TrackRow>();
  readonly #samples: SampleRow[] = [];
  readonly #commands: PtzCommandRow[] = [];
  readonly #audit: AuditRow[] = [];

  get size(): number {
    return this.#tracks.size + this.#samples.length + this.#commands.length + this.#audit.length;
  }

  session(row: SessionRow): void {
    this.#sessions.set(row.session, row);
  }

  /** Nothing more comes of it; what waits is written all the same. */
  sessionOver(session: string): void {
    const isWaiting = [...this.#tracks.values(), ...this.#samples, ...this.#commands].some(
      (row) => row.session === session,
    );
    if (!isWaiting) this.#sessions.delete(session);
  }

  track(row: TrackRow): void {
    const key = `${row.session}~${row.id}`;
    // Last again: what changes is written after what it follows.
    this.#tracks.delete(key);
    this.#tracks.set(key, row);
    if (this.#tracks.size <= MOST_WAITING.tracks) return;
    const [oldest] = this.#tracks.keys();
    if (oldest !== undefined) this.#tracks.delete(oldest);
    this.lost++;
  }

  sample(row: SampleRow): void {
    this.#add(this.#samples, row, MOST_WAITING.samples);
  }

  command(row: PtzCommandRow): void {
    this.#add(this.#commands, row, MOST_WAITING.commands);
  }

  audit(row: AuditRow): void {
    this.#add(this.#audit, row, MOST_WAITING.audit);
  }

  /** The next that is to be written; it waits here until it is. Null: nothing. */
  next(): Batch | null {
    if (this.size === 0) return null;
    const tracks = [...this.#tracks.values()].slice(0, AT_ONCE);
    const [samples, commands, audit] = [this.#samples, this.#commands, this.#audit].map((rows) =>
      rows.slice(0, AT_ONCE),
    ) as [SampleRow[], PtzCommandRow[], AuditRow[]];
    const names = new Set([...tracks, ...samples, ...commands].map(({ session }) => session));
    const sessions = [...names].flatMap((name) => this.#sessions.get(name) ?? []);
    return { sessions, tracks, samples, commands, audit };
  }

  /** It is written. Rows that came meanwhile stay. */
  written(batch: Batch): void {
    for (const row of batch.tracks) {
      const key = `${row.session}~${row.id}`;
      if (this.#tracks.get(key) === row) this.#tracks.delete(key);
    }
    removeFirst(this.#samples, batch.samples);
    removeFirst(this.#commands, batch.commands);
    removeFirst(this.#audit, batch.audit);
  }

  #add<T>(rows: T[], row: T, most: number): void {
    rows.push(row);
    // Not one by one: to remove the first moves all others.
    if (rows.length > most * 1.01) this.lost += rows.splice(0, rows.length - most).length;
  }
}

/** Those of them that are still there: some may have been given up meanwhile. */
function removeFirst<T>(rows: T[], written: readonly T[]): void {
  const last = written.at(-1);
  if (last === undefined) return;
  rows.splice(0, rows.indexOf(last) + 1);
}
