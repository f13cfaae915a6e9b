/** The settings of the shown camera: read with their schemas, changed one at a time, saved to the graph file or dropped. */
import { computed, effect, signal } from '@preact/signals';
import { call } from './http.ts';
import { mayChange } from './login.tsx';
import { cameraId, offers, replay } from './model.ts';

/** JSON Schema of an option, as far as a form needs it. */
export interface OptionSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly OptionSchema[];
  readonly items?: OptionSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly description?: string;
}

export interface Option {
  readonly value: unknown;
  readonly default: unknown;
  readonly live: boolean;
  readonly schema: OptionSchema;
}

/** By node and name. */
export type Options = Readonly<Record<string, Readonly<Record<string, Option>>>>;

interface Refusal {
  readonly error: string;
  readonly faults?: readonly { readonly path: string; readonly message: string }[];
}

interface Changed {
  readonly live: readonly string[];
  readonly restarted: readonly string[];
}

export const hasSettings = signal(false);
/** Null: not read, or this server has none. */
export const options = signal<Options | null>(null);
/** Models that `detect` may be given. */
export const models = signal<readonly string[]>([]);
/** What came of the last change. */
export const outcome = signal<{ readonly text: string; readonly isRefusal: boolean } | null>(null);
/** Something was changed and is not in the graph file. */
export const isUnsaved = signal(false);
/** This server has settings; a replay has none. */
const isOffered = signal(false);
/** Who may not change settings is shown none. */
export const maySet = computed(() => isOffered.value && mayChange.value && replay.value === null);

/** Of the settings as they were read. */
let etag: string | null = null;

/** Begins. */
export function startSettings(): void {
  effect(() => {
    if (hasSettings.value && cameraId.value !== null) void readSettings();
  });
  void offers().then((routes) => {
    isOffered.value = routes.has('/settings/{camera}');
  });
}

export async function readSettings(): Promise<void> {
  const answer = await fetch(`${path()}?detail=true`);
  etag = answer.headers.get('etag');
  options.value = answer.ok ? await answer.json() : null;
  if (!(await offers()).has('/models')) return;
  const { models: found } = await call('GET /models');
  models.value = found.map(({ name }) => name);
}

/** The change or save that was asked for last: each is based on what the one before has left. */
let last: Promise<void> = Promise.resolve();
/** Values that wait for their turn: of one option the latest. */
const waiting = new Map<string, unknown>();

function inTurn(work: () => Promise<void>): Promise<void> {
  last = last.then(work, work);
  return last;
}

/** Changes one option; null: its default. */
export function change(node: string, name: string, value: unknown): Promise<void> {
  const key = `${node}.${name}`;
  const isWaiting = waiting.has(key);
  waiting.set(key, value);
  if (isWaiting) return last;
  return inTurn(() => {
    const latest = waiting.get(key);
    waiting.delete(key);
    return send(node, name, latest);
  });
}

async function send(node: string, name: string, value: unknown): Promise<void> {
  const body = JSON.stringify({ [node]: { [name]: value } });
  const answer = await fetch(path(), { method: 'PATCH', body, headers: etag === null ? {} : { 'if-match': etag } });
  if (answer.ok) {
    const { live, restarted }: Changed = await answer.json();
    isUnsaved.value = true;
    const effects = restarted.length > 0 ? `started again: ${restarted.join(', ')}` : 'in effect';
    outcome.value = { text: live.length + restarted.length > 0 ? effects : 'as it was', isRefusal: false };
  } else {
    outcome.value = { text: await refusalOf(answer), isRefusal: true };
  }
  // Also after a refusal: the form shows what is in effect, and knows the newest version.
  await readSettings();
}

/** Writes the settings in effect to the graph file. */
export function save(): Promise<void> {
  return inTurn(() => whole('/settings/persist', 'written to the graph file'));
}

/** Drops what is not in the graph file. */
export function drop(): Promise<void> {
  return inTurn(async () => {
    await whole('/settings/reload', 'as in the graph file');
    await readSettings();
  });
}

async function whole(route: string, text: string): Promise<void> {
  const answer = await fetch(route, { method: 'POST', body: JSON.stringify({ camera_id: cameraId.value }) });
  if (answer.ok) isUnsaved.value = false;
  outcome.value = answer.ok ? { text, isRefusal: false } : { text: await refusalOf(answer), isRefusal: true };
}

async function refusalOf(answer: Response): Promise<string> {
  const { error = `status ${answer.status}`, faults = [] }: Partial<Refusal> = await answer.json().catch(() => ({}));
  return faults.length > 0 ? faults.map(({ path: at, message }) => `${at}: ${message}`).join('; ') : error;
}

function path(): string {
  return `/settings/${encodeURIComponent(cameraId.value ?? '')}`;
}
