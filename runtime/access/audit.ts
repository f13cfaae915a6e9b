/**
 * The audit log: every command and change, by whom and from where, and what came of it. Lines of JSON in a file of the
 * state folder that only its owner reads. A full file becomes `audit.1.jsonl`; the oldest of too many goes.
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../clock.ts';
import { errorMessage } from '../errors.ts';
import type { Log } from '../log.ts';
import { RateLimit } from '../rate-limit.ts';

export interface AuditEntry {
  readonly time_unix_ms: number;
  readonly request_id: string;
  /** Name of the token; `nobody`: there was none that is valid. */
  readonly caller: string;
  readonly role: string | null;
  /** Address of the client; null: this process. */
  readonly address: string | null;
  /** `set_target_id`, `PATCH /settings`. */
  readonly action: string;
  readonly camera?: string;
  readonly session?: string;
  /** What it was about: names and numbers, never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** `ok`, or why not: `forbidden`, `404`. */
  readonly outcome: string;
}

/** Called with every entry, after secrets were taken out. */
export type AuditListener = (entry: AuditEntry) => void;

interface AuditOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxBytes?: number;
}

const MAX_BYTES = 5_000_000;
const OLD_FILES = 4;

export class AuditLog {
  readonly #options: AuditOptions;
  readonly #listeners = new Set<AuditListener>();
  /** Attempts that were refused: a flood of them must not push out what was done. */
  readonly #refused = new RateLimit(5, 100);
  readonly #failures = new RateLimit(1 / 60, 1);

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  /** @returns how to end it */
  onAudit(listener: AuditListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  record(entry: Omit<AuditEntry, 'time_unix_ms'>): void {
    const { clock, log } = this.#options;
    if (entry.outcome !== 'ok' && !this.#refused.take(clock.monoMs())) return;
    const unrecorded = this.#refused.takeRefused();
    const full = {
      time_unix_ms: clock.unixMs(),
      ...entry,
      ...(unrecorded > 0 ? { refused_unrecorded: unrecorded } : {}),
    };
    const line = JSON.stringify(full, (_key, value: unknown) =>
      typeof value === 'string' ? log.redact(value) : value,
    );
    this.#write(`${line}\n`);
    for (const listener of this.#listeners) listener(JSON.parse(line));
  }

  #write(line: string): void {
    const { file, clock, log, maxBytes = MAX_BYTES } = this.#options;
    try {
      const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      if (size === 0) mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      if (size + line.length > maxBytes) rotate(file);
      appendFileSync(file, line, { mode: 0o600 });
    } catch (error) {
      if (this.#failures.take(clock.monoMs()))
        log.error(`the audit log cannot be written: ${errorMessage(error)}`, { file });
    }
  }
}

function rotate(file: string): void {
  const name = (age: number) => (age === 0 ? file : file.replace(/(\.\w+)?$/, `.${age}$1`));
  for (let age = OLD_FILES - 1; age >= 0; age--) {
    if (statSync(name(age), { throwIfNoEntry: false })) renameSync(name(age), name(age + 1));
  }
}
