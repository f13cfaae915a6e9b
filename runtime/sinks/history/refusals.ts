/** Rows that the database refuses, whatever its state: found among those that it takes, so that they hold up no others. */
import { errorCode } from '../../errors.ts';
import { type Batch, VALUE_REFUSED } from './rows.ts';

export interface Outcome {
  /** These are in the database. */
  written(batch: Batch): void;
  /** A batch of one row, which will never be. */
  refused(batch: Batch, why: unknown): void;
}

/**
 * Writes a batch; where a row of it is refused, its halves, and so on. Rows come out in their order, so that what was
 * told holds when a later one fails.
 * @throws what is wrong with the database, and not with a row
 */
export async function writeAllBut(
  batch: Batch,
  write: (batch: Batch) => Promise<void>,
  outcome: Outcome,
): Promise<void> {
  try {
    await write(batch);
  } catch (error) {
    if (errorCode(error) !== VALUE_REFUSED) throw error;
    if (sizeOf(batch) <= 1) {
      outcome.refused(batch, error);
      return;
    }
    for (const half of halvesOf(batch)) await writeAllBut(half, write, outcome);
    return;
  }
  outcome.written(batch);
}

export function sizeOf({ tracks, samples, commands, audit }: Batch): number {
  return tracks.length + samples.length + commands.length + audit.length;
}

/** Which row it is, in a batch of one. */
export function nameOf({ tracks, samples, commands, audit }: Batch): string {
  const [track] = tracks;
  if (track) return `track ${track.session}~${track.id}`;
  const [sample] = samples;
  if (sample) return `box of track ${sample.session}~${sample.id} at ${sample.atMs}`;
  const [command] = commands;
  if (command) return `command to ${command.session} at ${command.atMs}`;
  return `entry ${audit[0]?.requestId} of the audit log`;
}

function halvesOf(batch: Batch): Batch[] {
  const half = Math.ceil(sizeOf(batch) / 2);
  return [partOf(batch, 0, half), partOf(batch, half, sizeOf(batch))];
}

/** Rows of the batch from one place to another, counted through all kinds, with their sessions. */
function partOf(batch: Batch, from: number, to: number): Batch {
  let before = 0;
  const cut = <T>(rows: readonly T[]): readonly T[] => {
    const part = rows.slice(Math.max(0, from - before), Math.max(0, to - before));
    before += rows.length;
    return part;
  };
  const part = {
    tracks: cut(batch.tracks),
    samples: cut(batch.samples),
    commands: cut(batch.commands),
    audit: cut(batch.audit),
  };
  const names = new Set([...part.tracks, ...part.samples, ...part.commands].map(({ session }) => session));
  return { ...part, sessions: batch.sessions.filter(({ session }) => names.has(session)) };
}
