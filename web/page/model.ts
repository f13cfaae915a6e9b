/** What the page knows, as signals: the cameras, the session that is watched, its feed, and the replay if it is one. */
import { batch, computed, effect, signal, untracked } from '@preact/signals';
import {
  type AutotrackState,
  type ClockState,
  connect,
  type Feed,
  type FeedState,
  type MetadataTick,
  type OverlayFrame,
  type PtzState,
  type Zone,
} from '../client/index.ts';
import { call } from './http.ts';
import { Lives } from './lives.ts';

export interface Camera {
  readonly camera_id: string;
  readonly session_id: string | null;
  readonly view_url?: string;
}

export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly since_unix_ms: number;
}

export interface SessionView {
  readonly session_id: string;
  readonly camera_id: string;
  readonly state: string;
  readonly fault: Fault | null;
  readonly fps: { readonly in: number; readonly out: number };
  readonly latency_ms: {
    readonly inference_p50: number | null;
    readonly end_to_end_p50: number | null;
    readonly end_to_end_p99: number | null;
  };
  readonly nodes: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
}

export interface Graph {
  readonly nodes: readonly { readonly id: string; readonly use: string; readonly worker: string }[];
  readonly links: readonly { readonly from: string; readonly to: string; readonly kind: string }[];
}

export interface Warning {
  readonly message: string;
  readonly since_unix_ms: number;
}

export interface Replay {
  readonly start_unix_ms: number;
  readonly duration_ms: number;
  readonly position_ms: number;
  readonly speed: number;
  readonly playing: boolean;
  readonly video: { readonly path: string; readonly start_unix_ms: number } | null;
}

/** What came of the last action, where the eye is. */
export interface Notice {
  readonly text: string;
  readonly isRefusal: boolean;
}

const LOOK_EVERY_MS = 1000;
const NOTICE_MS = 4000;

export const cameras = signal<readonly Camera[]>([]);
export const cameraId = signal<string | null>(null);
export const session = signal<SessionView | null>(null);
export const warnings = signal<readonly Warning[]>([]);
export const replay = signal<Replay | null>(null);
export const zones = signal<readonly Zone[]>([]);
export const isServerGone = signal(false);

export const feed = signal<Feed | null>(null);
export const feedState = signal<FeedState>({ status: 'down', why: 'connecting', sinceUnixMs: Date.now() });
export const tick = signal<MetadataTick | null>(null);
export const ptz = signal<PtzState | null>(null);
export const autotrack = signal<AutotrackState | null>(null);
export const clock = signal<ClockState | null>(null);
/** The frame on the screen, some times a second. */
export const shown = signal<OverlayFrame | null>(null);
export const notice = signal<Notice | null>(null);
/** Counts up once a second: what is said since when is said anew. */
export const beat = signal(0);
export const lives = new Lives();

export const camera = computed(() => cameras.value.find(({ camera_id }) => camera_id === cameraId.value) ?? null);

/** Begins. */
export function start(): void {
  effect(() => {
    const id = cameraId.value;
    return untracked(() => watch(id));
  });
  const lookIfSeen = () => {
    if (!document.hidden) void look();
  };
  lookIfSeen();
  setInterval(lookIfSeen, LOOK_EVERY_MS);
  document.addEventListener('visibilitychange', lookIfSeen);
}

/** @param words what is said when it is done */
export async function act(words: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
    say({ text: words, isRefusal: false });
  } catch (error) {
    say({ text: `Not done: ${error instanceof Error ? error.message : String(error)}`, isRefusal: true });
  }
}

export async function changeReplay(change: Partial<Pick<Replay, 'position_ms' | 'speed' | 'playing'>>): Promise<void> {
  replay.value = await call('POST /replay', { body: change });
}

export async function startSession(): Promise<void> {
  const camera_id = cameraId.value;
  await call('POST /sessions', { body: camera_id === null ? {} : { camera_id } });
  await look();
}

function say(what: Notice): void {
  notice.value = what;
  setTimeout(() => {
    if (notice.value === what) notice.value = null;
  }, NOTICE_MS);
}

function watch(id: string | null): (() => void) | undefined {
  if (id === null) return undefined;
  const one = connect(location.origin, { camera: id });
  lives.clear();
  batch(() => {
    feed.value = one;
    session.value = null;
    for (const each of [tick, ptz, autotrack, clock, shown]) each.value = null;
  });
  one.on('state', (state) => {
    feedState.value = state;
  });
  one.on('tick', (message) => {
    lives.seen(message);
    tick.value = message;
  });
  one.on('event', (event) => lives.take(event));
  one.on('ptz', (message) => {
    ptz.value = message;
  });
  one.on('autotrack', (message) => {
    autotrack.value = message;
  });
  one.on('clock', (message) => {
    clock.value = message;
  });
  void findZones(id);
  return () => one.close();
}

/** Zones are options of the nodes that have them. */
export async function findZones(id: string): Promise<void> {
  zones.value = [];
  if (!(await offers()).has('/settings/{camera}')) return;
  const settings = await call('GET /settings/{camera}', { path: { camera: id }, query: {} }).catch(() => ({}));
  const nodes = Object.values(settings) as { readonly zones?: Readonly<Record<string, { points?: Zone['points'] }>> }[];
  const found = nodes.flatMap((node) => Object.entries(node.zones ?? {}));
  zones.value = found.flatMap(([name, { points }]) => (points ? [{ name, points }] : []));
}

/** One at a time: where answers take long, no more are asked for. */
let isLooking = false;

async function look(): Promise<void> {
  beat.value++;
  if (isLooking) return;
  isLooking = true;
  try {
    const [known, ready] = await Promise.all([call('GET /cameras'), call('GET /readyz')]);
    const id = cameraId.value ?? known.cameras[0]?.camera_id ?? null;
    const sessionId = known.cameras.find(({ camera_id }) => camera_id === id)?.session_id;
    const view = sessionId ? await call('GET /sessions/{id}', { path: { id: sessionId } }) : null;
    const playing = (await offers()).has('/replay') ? await call('GET /replay').catch(() => null) : null;
    batch(() => {
      if (!same(cameras.value, known.cameras)) cameras.value = known.cameras;
      cameraId.value = id;
      session.value = view;
      warnings.value = ready.warnings ?? [];
      replay.value = playing;
      isServerGone.value = false;
    });
  } catch {
    // What the connection says about it is shown.
    isServerGone.value = true;
  } finally {
    isLooking = false;
  }
}

/** The routes of this server: a replay has others than a pipeline. */
export async function offers(): Promise<ReadonlySet<string>> {
  routes ??= new Set(Object.keys((await call('GET /openapi/json')).paths));
  return routes;
}

let routes: ReadonlySet<string> | undefined;

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
