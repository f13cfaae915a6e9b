/** `bun run replay FILE`: a recording served as if its sessions were running; without pipeline, models and camera. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import packageJson from '../../package.json';
import { SystemClock } from '../clock.ts';
import { errorMessage, WindhoverError } from '../errors.ts';
import { createLog } from '../log.ts';
import { Playback } from '../recording/playback.ts';
import { RecordedSessions } from '../recording/recorded-sessions.ts';
import { Recording } from '../recording/recording.ts';
import { createApp, listen } from '../server/app.ts';
import { addReplay, type Replay, SPEED } from '../server/replay.ts';
import { interruption, numberOption, parseCommandLine, type Surroundings, stateFolder } from './command.ts';
import { LISTEN_OPTIONS, LISTEN_USAGE, openAccess, serverOptions } from './server-options.ts';

const USAGE = `bun run replay FILE [--video CLIP] [--speed 1] [--loop]
       ${LISTEN_USAGE}`;
const OPTIONS = {
  ...LISTEN_OPTIONS,
  video: { type: 'string' },
  speed: { type: 'string', default: '1' },
  loop: { type: 'boolean' },
} as const;

const STEP_MS = 10;

export async function replayCommand(args: string[], surroundings: Surroundings): Promise<number> {
  const { cwd, stdout, stderr } = surroundings;
  const { values, positionals } = parseCommandLine(args, OPTIONS, USAGE);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new WindhoverError('usage', `name one recording\nusage: ${USAGE}`);
  const options = serverOptions(values, surroundings);
  const speed = numberOption('speed', values.speed, { min: SPEED.minimum, max: SPEED.maximum });
  const video = values.video === undefined ? null : resolve(cwd, values.video);
  if (video !== null && !existsSync(video)) throw new WindhoverError('usage', `--video ${values.video}: no such file`);
  using recording = new Recording(resolve(cwd, file));
  const clock = new SystemClock();
  const log = createLog({ write: (line) => stderr.write(line), pretty: stderr.isTTY });
  if (recording.isCutShort)
    log.warn('the last line is not whole and is left out', { code: 'recording_cut_short', file });
  const playback = new Playback({ durationMs: recording.durationMs, speed, loop: values.loop ?? false });
  const sessions = new RecordedSessions({ recording, playback, file, log });
  const { access, audit } = openAccess(options, stateFolder(values.state, surroundings), { clock, log });
  const app = createApp({ sessions, version: packageJson.version, clock, log, ...options.app, access, audit });
  addReplay(app.http, replayOf({ file, video, recording, playback, sessions }));
  const interrupted = interruption();
  const server = listen(app, options.at);
  let failed = false;
  const stopped = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    try {
      sessions.step(clock.monoMs());
    } catch (error) {
      failed = true;
      log.error(errorMessage(error), { code: 'replay_failed' });
      stopped.resolve();
    }
  }, STEP_MS);
  stdout.write(`listening ${server.url}\n`);
  for (const { session_id, camera_id } of sessions.list()) {
    stdout.write(`ready ${server.url} session=${session_id} camera=${camera_id}\n`);
  }
  await Promise.race([interrupted, stopped.promise]);
  clearInterval(timer);
  await server.stop();
  access.close();
  return failed ? 1 : 0;
}

interface Parts {
  readonly file: string;
  readonly video: string | null;
  readonly recording: Recording;
  readonly playback: Playback;
  readonly sessions: RecordedSessions;
}

function replayOf({ file, video, recording, playback, sessions }: Parts): Replay {
  const { startUnixMs, firstFrameUnixMs = startUnixMs } = recording;
  return {
    video,
    view: () => ({
      file,
      start_unix_ms: startUnixMs,
      duration_ms: playback.durationMs,
      position_ms: playback.positionMs,
      speed: playback.speed,
      playing: playback.isPlaying,
      loop: playback.loop,
      over: playback.isOver,
      video: video === null ? null : { path: '/replay/video', start_unix_ms: firstFrameUnixMs },
    }),
    change: ({ position_ms, speed, playing }) => {
      playback.speed = speed ?? playback.speed;
      playback.isPlaying = playing ?? playback.isPlaying;
      if (position_ms !== undefined) sessions.seek(position_ms);
    },
  };
}
