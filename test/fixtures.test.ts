/** The clips of the project show what the renderer renders, and their truth is of them. That the command writes them: fixtures.long. */
import { describe, expect, test } from 'bun:test';
import { join, resolve } from 'node:path';
import { CLIPS, fixturesCommand } from '../fixtures/render.ts';
import { Film } from '../fixtures/scenes.ts';
import type { TruthHeader, TruthLine } from '../fixtures/truth.ts';
import { makePicture } from '../sim/render/render.ts';
import { decodeAll, readClip } from './sim/render/clip-reader.ts';
import { TEST_LIMIT_MS } from './support/patience.ts';

const FIXTURES = resolve(import.meta.dir, '../fixtures');

describe.each(CLIPS.map((clip) => [clip.name, clip] as const))('the clip %s', (name, clip) => {
  const file = join(FIXTURES, `${name}.mp4`);

  test('has its index in front and no trace of when or with what it was made', async () => {
    const text = Buffer.from(await bytes(file)).toString('latin1');
    expect(text.indexOf('moov')).toBeLessThan(text.indexOf('mdat'));
    expect(text).not.toContain('Lavf');
    expect(text).not.toContain('Lavc');
  });

  test(
    'shows what the renderer renders, frame by frame',
    async () => {
      const film = new Film(clip.scene, clip);
      const into = makePicture(clip);
      let frames = 0;
      for await (const picture of readClip(file)) {
        expect([picture.width, picture.height]).toEqual([clip.width, clip.height]);
        expect(picture.keyframe).toBe(picture.index % (2 * clip.fps) === 0);
        frames++;
        if (picture.index % 10 !== 0) continue;
        const rendered = film.render(picture.index / clip.fps, { into });
        expect(meanDifference(picture.yuv420p, rendered.bytes)).toBeLessThan(1.5);
      }
      expect(frames).toBe(clip.frames);
    },
    TEST_LIMIT_MS,
  );

  test('has a truth line for every frame, with boxes inside of the picture', async () => {
    const { header, lines } = await readTruth(join(FIXTURES, `${name}.truth.jsonl`));
    expect(header).toEqual({ width: clip.width, height: clip.height, fps: clip.fps, frames: clip.frames });
    expect(lines.map((line) => line.frame)).toEqual(Array.from({ length: clip.frames }, (_, index) => index));
    for (const { x, y, w, h } of lines.flatMap((line) => line.objects)) {
      expect(Math.min(x, y, clip.width - x - w, clip.height - y - h)).toBeGreaterThan(-0.011);
      expect(Math.min(w, h)).toBeGreaterThan(0);
    }
  });
});

describe('the broken files', () => {
  test('cut-short opens, decodes for a while and ends in an error', async () => {
    const { pictures, errors } = await decodeAll(join(FIXTURES, 'broken/cut-short.mp4'));
    expect(pictures).toBe(33);
    expect(errors).toBe(1);
  });

  test('corrupt fails on some packets and goes on to the end', async () => {
    const { pictures, errors } = await decodeAll(join(FIXTURES, 'broken/corrupt.mp4'));
    expect(pictures).toBe(45);
    expect(errors).toBe(5);
  });

  test('not-a-video does not open', async () => {
    await expect(decodeAll(join(FIXTURES, 'broken/not-a-video.mp4'))).rejects.toThrow('Invalid data');
  });
});

test('the command refuses arguments that it does not know', async () => {
  expect(await fixturesCommand(['--nonsense'])).toBe(2);
});

async function readTruth(file: string): Promise<{ header: TruthHeader; lines: TruthLine[] }> {
  const [header, ...lines] = (await Bun.file(file).text()).trimEnd().split('\n');
  return { header: JSON.parse(header ?? ''), lines: lines.map((line) => JSON.parse(line)) };
}

async function bytes(file: string): Promise<Uint8Array> {
  return new Uint8Array(await Bun.file(file).arrayBuffer());
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += Math.abs((a[at] ?? 0) - (b[at] ?? 0));
  return sum / a.length;
}
