/** The server of the calibration: clips of the test pattern, their boxes as a session, and the page that measures. */
import type { Elysia } from 'elysia';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../node.ts';
import { type App, createApp } from '../../server/app.ts';
import { readJson } from '../../server/body.ts';
import { browserModule } from '../../server/client-library/files.ts';
import { PlainSession } from '../plain-sessions.ts';
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

export class Calibration {
  readonly app: App;
  readonly #session: PlainSession;
  readonly #zeroUnixMs: number;
  #frame = 0;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor({ clock, log, version, reported }: CalibrationOptions) {
    this.#zeroUnixMs = Math.round(clock.unixMs());
    this.#session = new PlainSession(NAMES, this.#zeroUnixMs, log);
    this.app = createApp({ sessions: this.#session, version, clock, log });
    addPage(this.app.http, this.#zeroUnixMs, reported);
    this.#timer = setInterval(() => this.#tell(), 1000 / PATTERN_FPS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The boxes of the next frame; after the last one, of the first, at its time. */
  #tell(): void {
    const frame = this.#frame;
    this.#frame = (frame + 1) % PATTERN_FRAMES;
    this.#session.publish('tick', JSON.stringify(tickOf(frame, this.#zeroUnixMs)));
  }
}

export function tickOf(frame: number, zeroUnixMs: number) {
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
  http.get('/calibrate', () => answer('text/html; charset=utf-8', PAGE));
  http.get('/calibrate.css', () => answer('text/css', STYLE));
  http.get('/calibrate.js', async () => answer('text/javascript', await browserModule('calibrate')));
  http.get('/calibrate/pattern.svg', () => answer('image/svg+xml', patternSvg()));
  http.get('/calibrate/setup', () => setup);
  for (const { shape, url } of clips) {
    http.get(url, async ({ request }) => {
      const clip = made.get(url) ?? encodeClip(shape);
      made.set(url, clip);
      return range(await clip, request.headers.get('range'));
    });
  }
  http.post('/calibrate/report', async ({ request }) => {
    reported(await readJson(request, ReportSchema, MOST_REPORT_BYTES));
    return { taken: true };
  });
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
