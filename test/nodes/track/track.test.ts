import { describe, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { scoreMot } from '../../../bench/mot-score.ts';
import { MOT_FOLDER, MOT_SEQUENCES, trackSequence } from '../../../bench/tracking/sequences.ts';
import { DetectOptions } from '../../../nodes/detect/options.ts';
import track from '../../../nodes/track/index.ts';
import { trackOptions } from '../../../nodes/track/options.ts';
import type { Detection, DetectionsMessage, TracksMessage } from '../../../runtime/node.ts';
import { type FakeRun, openNode } from './fake-context.ts';

const PERSON: Detection = { bboxPx: { x: 10, y: 10, w: 40, h: 80 }, confidence: 0.9, label: 'person' };

function message(index: number, detections: Detection[], atMs = index * 40): DetectionsMessage {
  const times = { captureUnixMs: atMs, captureMonoMs: atMs, decodedMonoMs: 0 };
  return { frame: { index, mediaTimeS: index / 25, ...times, size: { w: 640, h: 480 } }, detections, inferenceMs: 3 };
}

async function play(run: FakeRun, messages: DetectionsMessage[]): Promise<TracksMessage[]> {
  const handler = run.handlers.on?.detections as ((value: DetectionsMessage) => Promise<void>) | undefined;
  for (const value of messages) await handler?.(value);
  return run.sent.tracks as TracksMessage[];
}

describe('track node', () => {
  test('answers every frame, with the frame and the inference time it came with', async () => {
    const run = await openNode(track);
    const input = [message(0, [PERSON]), message(1, [])];
    const output = await play(run, input);
    expect(output.map((m) => [m.frame, m.inferenceMs])).toEqual(input.map((m) => [m.frame, 3]));
    expect(output.map((m) => m.tracks.length)).toEqual([1, 0]);
  });

  test('keeps the next id when it changes, and only then', async () => {
    const run = await openNode(track);
    await play(run, [message(0, [PERSON]), message(1, [PERSON]), message(2, [PERSON])]);
    expect(run.kept).toEqual([{ nextId: 2 }]);
  });

  const kept: [why: string, kept: unknown, first: number][] = [
    ['nothing kept: from 1', undefined, 1],
    ['after a crash: above the last id used', { nextId: 42 }, 42],
    ['kept state of another shape', 'nonsense', 1],
    ['not a whole number', { nextId: 1.5 }, 1],
    ['below 1', { nextId: -3 }, 1],
  ];
  test.each(kept)('%s', async (_, state, first) => {
    const run = await openNode(track, { kept: state });
    const [output] = await play(run, [message(0, [PERSON])]);
    expect(output?.tracks[0]?.id).toBe(first);
  });

  test('what was not looked at shows what was there before, and no time passes in it', async () => {
    const run = await openNode(track, { params: { lost_after_s: 1 } });
    const looked = [0, 1, 2].map((k) => message(k, [PERSON]));
    // Ten seconds that nobody looks at, one look that misses it, and one that sees it.
    const idle = Array.from({ length: 250 }, (_, k) => ({ ...message(3 + k, []), looked: false }));
    const output = await play(run, [...looked, ...idle, message(253, []), message(254, [PERSON])]);
    const ids = output.map(({ tracks }) => tracks.map(({ id }) => id).join());
    expect(ids).toEqual([...Array.from({ length: 253 }, () => '1'), '', '1']);
    expect(output[200]?.tracks[0]).toMatchObject({
      bboxPx: output[2]?.tracks[0]?.bboxPx,
      velocityPxPerS: { x: 0, y: 0 },
    });
    expect(output[200]?.remembered).toEqual([{ id: 1, untilMonoMs: 200 * 40 + 1000 }]);
    expect(run.counts).toEqual({});
  });

  test('a track that is over is not shown in frames that nobody looked at', async () => {
    const run = await openNode(track);
    await play(run, [message(0, [PERSON])]);
    run.hear('tracks-over', { ids: [1] });
    const output = await play(run, [{ ...message(1, []), looked: false }]);
    expect(output.at(-1)?.tracks).toEqual([]);
  });

  test('counts detections that are no boxes, and gaps', async () => {
    const run = await openNode(track);
    const broken = { ...PERSON, bboxPx: { ...PERSON.bboxPx, w: Number.NaN } };
    await play(run, [message(0, [PERSON, broken, broken]), message(1, [PERSON]), message(2, [PERSON], 99_000)]);
    expect(run.counts).toEqual({ invalid_detections: 2, gaps: 1 });
  });

  test('refuses low_confidence above high_confidence', () => {
    const params = { low_confidence: 0.6, high_confidence: 0.5 };
    expect(() => track.validate?.(params, { modelFolders: [] })).toThrow('low_confidence is above high_confidence');
  });

  test('detect gives, by default, all that the second matching can use', () => {
    expect(Value.Create(DetectOptions).confidence).toBeLessThanOrEqual(Value.Create(trackOptions).low_confidence);
  });

  test('the README has a row for every option, with its default', async () => {
    const readme = await Bun.file(join(import.meta.dir, '../../../nodes/track/README.md')).text();
    for (const [name, option] of Object.entries(trackOptions.properties)) {
      expect(readme).toMatch(new RegExp(`^\\| \`${name}\` +\\| ${option.default} +\\|`, 'm'));
    }
  });
});

const missing = MOT_SEQUENCES.filter((name) => !existsSync(join(MOT_FOLDER, name, 'det.txt')));
if (missing.length > 0) console.log(`skipped: HOTA of the defaults; ${MOT_FOLDER} has no ${missing.join(', no ')}`);

describe.skipIf(missing.length > 0)('accuracy with the defaults', () => {
  test('combined HOTA is at least 54, before and after clamping to the frame', async () => {
    const parts = await Promise.all(MOT_SEQUENCES.map((name) => trackSequence(join(MOT_FOLDER, name))));
    expect(scoreMot(parts.map((p) => p.raw)).HOTA).toBeGreaterThanOrEqual(54);
    expect(scoreMot(parts.map((p) => p.wire)).HOTA).toBeGreaterThanOrEqual(54);
  });
});
