/**
 * replay: plays detections from a file, as if a model had just found them.
 *
 * Out: one detections message for every frame from 0 to the last one in the file, also for those without any.
 */
import {
  defineNode,
  type FrameMeta,
  momentOf,
  pathOption,
  type Static,
  sleep,
  Type,
  WallTime,
  WindhoverError,
} from '../../runtime/node.ts';
import { readJsonl } from './read-jsonl.ts';
import { readMot } from './read-mot.ts';
import { type Recording, sourceOf } from './recording.ts';

const params = Type.Object({
  path: Type.String({
    ...pathOption(),
    minLength: 1,
    description: 'File with detections, relative to the graph file.',
  }),
  format: Type.Union([Type.Literal('jsonl'), Type.Literal('mot')], {
    default: 'jsonl',
    description:
      'jsonl: one frame per line (see the README). mot: MOTChallenge det.txt, one box per line, frames from 1.',
  }),
  pace: Type.Union([Type.Literal('asap'), Type.Literal('realtime')], {
    default: 'asap',
    description: 'asap: every frame as soon as the graph can process it. realtime: each at its time.',
  }),
  width: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Width of the source frame in pixels; required for mot.' }),
  ),
  height: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Height of the source frame in pixels; required for mot.' }),
  ),
  fps: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, description: 'Frames per second of the source; required for mot.' }),
  ),
  label: Type.String({ default: 'person', minLength: 1, description: 'Label of detections that come without one.' }),
});

type Params = Static<typeof params>;

export default defineNode({
  name: 'replay',
  doc: 'Plays detections from a file (JSON lines or MOTChallenge text) instead of running a model.',
  params,
  inputs: {},
  metrics: { decoded: { kind: 'counter', name: 'frames_decoded', doc: 'Frames that were decoded.' } },
  outputs: { detections: { kind: 'detections', doc: 'The detections of every frame, in order.' } },
  pace: (p) => p.pace,
  validate: (p) => {
    if (p.format === 'mot') sourceOf(p.path, p, 'format mot needs them as options of the node');
  },
  open: (context) => ({
    run: async (signal) => {
      const { params: p, clock, emit } = context;
      const recording = await read(p);
      const start = momentOf(clock);
      const wall = new WallTime(clock);
      const isAsap = p.pace === 'asap';
      for (let index = 0; index < recording.frameCount; index++) {
        const mediaTimeS = index / recording.fps;
        // A thousandth of a millisecond: enough for any frame rate, and free of the noise of a division.
        const mediaMs = Math.round(mediaTimeS * 1e6) / 1e3;
        const captureMonoMs = isAsap ? mediaMs : start.monoMs + mediaMs;
        if (!isAsap) await sleep(captureMonoMs - clock.monoMs(), signal);
        if (signal.aborted) return;
        const captureUnixMs = isAsap ? Math.round(start.unixMs + mediaMs) : wall.at(captureMonoMs);
        const decodedMonoMs = clock.monoMs();
        const { size } = recording;
        const frame: FrameMeta = { index, mediaTimeS, captureUnixMs, captureMonoMs, decodedMonoMs, size };
        context.count('decoded');
        await emit.detections({ frame, detections: recording.detections.get(index) ?? [], inferenceMs: 0 });
        context.gauge('progress', (index + 1) / recording.frameCount);
      }
      context.gauge('progress', 1);
    },
  }),
});

async function read(p: Params): Promise<Recording> {
  const reader = p.format === 'mot' ? readMot : readJsonl;
  return reader(await readText(p.path), p.path, p);
}

async function readText(path: string): Promise<string> {
  try {
    return await Bun.file(path).text();
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new WindhoverError(
      missing ? 'replay_file_missing' : 'replay_file_unreadable',
      missing ? `${path} does not exist` : `${path} can't be read`,
      {
        expected: 'a file with detections',
        hint: 'paths are relative to the graph file',
        option: 'path',
        at: path,
        cause,
      },
    );
  }
}
