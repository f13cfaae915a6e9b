/** The server of the calibration: clips of the test pattern, their boxes as a session, and the page that measures. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Elysia } from 'elysia';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../node.ts';
import { Playback } from '../../recording/playback.ts';
import { RecordedSessions } from '../../recording/recorded-sessions.ts';
import { Recording } from '../../recording/recording.ts';
import { type App, createApp } from '../../server/app.ts';
import { readJson } from '../../server/body.ts';
import { browserModule } from '../../server/browser-module.ts';
import { describe } from '../../server/views.ts';
import { CLIPS, encodeClip } from './clip.ts';
import { patternSvg } from './paper.ts';
import { markersOf, PATTERN_FPS, PATTERN_FRAMES, STRIP } from './pattern.ts';
import { type CalibrationReport, ReportSchema } from './report.ts';

export interface CalibrationOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  /** A page has measured. */
  readonly reported: (report: CalibrationReport) => void;
}

const MOST_REPORT_BYTES = 1024 * 1024;
const STEP_MS = 10;
const NAMES = { sessionId: 'calibration', cameraId: 'calibration' };
const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Calibration</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/calibrate.css">
<script type="module" src="/calibrate.js"></script>
<header><button>Measure</button> <output>The browser will ask to share this tab.</output></header>
<main></main>
</html>
`;
const STYLE = `
  body { margin: 0; background: #101418; color: #e6e9ec; font: 14px system-ui, sans-serif }
  header { height: 32px; padding: 4px 8px }
  section { width: 630px }
  .unseen { display: none }
  video { vertical-align: top; margin: 3.3px }
  .bare canvas { opacity: 0 }`;
const SECURITY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; media-src 'self'; img-src data:";

const PUBLIC = { detail: describe('Calibration in a browser', { 200: { says: 'A part of it' } }, { role: 'public' }) };

/** The ticks are a recording of the pattern, played again and again. */
export class Calibration {
  readonly app: App;
  readonly #folder = mkdtempSync(join(tmpdir(), 'windhover-calibrate-'));
  readonly #recording: Recording;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor({ clock, log, version, reported }: CalibrationOptions) {
    const zeroUnixMs = Math.round(clock.unixMs());
    const ticks = Array.from({ length: PATTERN_FRAMES }, (_, frame) => JSON.stringify(tickOf(frame, zeroUnixMs)));
    const file = join(this.#folder, 'pattern.jsonl');
    writeFileSync(file, `${ticks.join('\n')}\n`);
    const recording = new Recording(file);
    this.#recording = recording;
    const playback = new Playback({ durationMs: recording.durationMs, speed: 1, loop: true });
    const sessions = new RecordedSessions({ recording, playback, file, log });
    this.app = createApp({ sessions, version, clock, log });
    addPage(this.app.http, zeroUnixMs, reported);
    this.#timer = setInterval(() => sessions.step(clock.monoMs()), STEP_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#recording[Symbol.dispose]();
    rmSync(this.#folder, { recursive: true });
  }
}

function tickOf(frame: number, zeroUnixMs: number) {
  return {
    schema: 'drone-ptz-metadata/1',
    type: 'metadata_tick',
    session_id: NAMES.sessionId,
    camera_id: NAMES.cameraId,
    ts_unix_ms: zeroUnixMs + Math.round((frame * 1000) / PATTERN_FPS),
    frame_index: frame,
    space: 'source',
    frame_size: { w: 640, h: 360 },
    selected_target_id: 1,
    tracking_phase: 'tracking',
    tracks: markersOf(frame).map(({ id, bbox }) => ({ id, label: 'marker', conf: 1, bbox })),
  };
}

function addPage(http: Elysia, zeroUnixMs: number, reported: CalibrationOptions['reported']): void {
  const clips = CLIPS.map((shape, index) => ({ shape, name: shape.name, url: `/calibrate/${index}.mp4` }));
  const made = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  const { x, y, cells } = STRIP;
  const setup = { clips, fps: PATTERN_FPS, frames: PATTERN_FRAMES, zeroUnixMs, strip: { x, y, cells } };
  const answer = (type: string, body: string) => {
    return new Response(body, { headers: { 'content-type': type, 'content-security-policy': SECURITY } });
  };
  http.get('/calibrate', () => answer('text/html; charset=utf-8', PAGE), PUBLIC);
  http.get('/calibrate.css', () => answer('text/css', STYLE), PUBLIC);
  http.get('/calibrate.js', async () => answer('text/javascript', await browserModule('calibrate/index.ts')), PUBLIC);
  http.get('/calibrate/pattern.svg', () => answer('image/svg+xml', patternSvg()), PUBLIC);
  http.get('/calibrate/setup', () => setup, PUBLIC);
  for (const { shape, url } of clips) {
    http.get(
      url,
      async ({ request }) => {
        const clip = made.get(url) ?? encodeClip(shape);
        made.set(url, clip);
        return range(await clip, request.headers.get('range'));
      },
      PUBLIC,
    );
  }
  http.post(
    '/calibrate/report',
    async ({ request }) => {
      reported(await readJson(request, ReportSchema, MOST_REPORT_BYTES));
      return { taken: true };
    },
    PUBLIC,
  );
}

/** A part of the file, as players ask for it. */
function range(bytes: Uint8Array<ArrayBuffer>, asked: string | null): Response {
  const headers = { 'content-type': 'video/mp4', 'accept-ranges': 'bytes' };
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(asked ?? '') ?? [];
  if (from === undefined) return new Response(bytes, { headers });
  const [first, last] = [Number(from), Math.min(Number(to || bytes.length - 1), bytes.length - 1)];
  if (first > last) return new Response(null, { status: 416, headers: { 'content-range': `bytes */${bytes.length}` } });
  const part = { 'content-range': `bytes ${first}-${last}/${bytes.length}` };
  return new Response(bytes.subarray(first, last + 1), { status: 206, headers: { ...headers, ...part } });
}
