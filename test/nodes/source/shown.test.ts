/** Pictures in their own colours at their own size; ffmpeg is the measure. Other files: files.test.ts. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FrameView } from '../../../runtime/data.ts';
import { hasFfmpeg } from '../../live/ffmpeg-peer.ts';
import { ffmpegAll, shownByFfmpeg } from '../../live/film-kinds.ts';
import { runGraph } from '../../node-runner.ts';
import { TEST_LIMIT_MS } from '../../support/patience.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const folder = mkdtempSync(join(tmpdir(), 'windhover-shown-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Most that the mean of the differences to ffmpeg may be, in levels of 256. */
const MOST_OFF = 1.5;

const SCALE = 'scale=320:240:flags=bilinear+accurate_rnd+full_chroma_int+full_chroma_inp';

interface Kind {
  readonly name: string;
  readonly file: string;
  /** Words of ffmpeg's command line. */
  readonly make: string;
  /** What ffmpeg has to be told to show it as it is. */
  readonly filters: string;
}

/** The first picture as we hand it on, and as ffmpeg converts it. @returns mean of the differences */
async function compare(file: string, right: Uint8Array): Promise<number> {
  const frames = { width: 320, height: 240, format: 'rgb24', fit: 'stretch' } as const;
  const source = JSON.stringify({ use: 'source', with: { url: file, pace: 'asap' } });
  const run = await runGraph(`source: ${source}\ndecode: { use: decode, from: source }`, { frames });
  const [frame] = run.output<FrameView>('decode.frames');
  if (!frame) throw new Error(`no frame of ${file}: ${JSON.stringify(run.failures)}`);
  expect(frame.data).toHaveLength(right.length);
  const sum = right.reduce((off, level, i) => off + Math.abs(level - (frame.data[i] ?? 0)), 0);
  return sum / right.length;
}

describe.skipIf(!hasFfmpeg())('colours', () => {
  const rows = ['bt709', 'smpte170m', 'bt2020nc'].flatMap((matrix) =>
    ['tv', 'pc'].flatMap((range) =>
      ['yuv420p', 'yuv422p', 'yuv444p', 'yuv420p10le'].map((format): Kind => {
        const out = matrix === 'smpte170m' ? 'bt601' : matrix === 'bt2020nc' ? 'bt2020' : matrix;
        const convert = `scale=out_color_matrix=${out}:out_range=${range},format=${format}`;
        return {
          name: `${matrix}, ${range}, ${format}`,
          file: join(folder, `${matrix}-${range}-${format}.mkv`),
          make: `-frames:v 1 -vf ${convert} -colorspace ${matrix} -color_range ${range} -c:v ffv1`,
          filters: `scale=in_color_matrix=${out}:in_range=${range},${SCALE}`,
        };
      }),
    ),
  );
  const left: Kind = {
    name: 'H.264, whose samples of colour are taken to lie at the left',
    file: join(folder, 'left.mp4'),
    make: '-frames:v 1 -c:v libx264 -qp 5 -preset ultrafast -pix_fmt yuv420p',
    filters: SCALE,
  };
  const kinds = [...rows, left];
  let shown: readonly Buffer[] = [];

  beforeAll(() => {
    ffmpegAll('-f lavfi -i testsrc2=size=320x240:rate=25', kinds);
    shown = shownByFfmpeg(kinds);
  });

  test.each(kinds)('$name', async (kind) => {
    const right = shown[kinds.indexOf(kind)] ?? new Uint8Array(0);
    expect(await compare(kind.file, right)).toBeLessThan(MOST_OFF);
  });
});
