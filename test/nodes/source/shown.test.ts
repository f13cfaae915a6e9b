/** Pictures in their own colours at their own size; ffmpeg is the measure. Other files: files.test.ts. */
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FrameView } from '../../../runtime/data.ts';
import { hasFfmpeg } from '../../live/ffmpeg-peer.ts';
import { runGraph } from '../../node-runner.ts';
import { TEST_LIMIT_MS } from '../../support/patience.ts';

setDefaultTimeout(TEST_LIMIT_MS);

const folder = mkdtempSync(join(tmpdir(), 'windhover-shown-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PICTURE = '-f lavfi -i testsrc2=size=320x240:rate=25 -frames:v 1';
/** Most that the mean of the differences to ffmpeg may be, in levels of 256. */
const MOST_OFF = 1.5;

function ffmpeg(args: string): Buffer {
  const { exitCode, stdout, stderr } = Bun.spawnSync(['ffmpeg', '-v', 'error', '-y', ...args.split(' ')]);
  if (exitCode !== 0) throw new Error(`${args}: ${stderr}`);
  return Buffer.from(stdout);
}

/** The first picture as we hand it on in this size, and as ffmpeg converts it. @returns mean of the differences */
async function compare(file: string, width: number, height: number, filters = '') {
  const frames = { width, height, format: 'rgb24', fit: 'stretch' } as const;
  const source = JSON.stringify({ use: 'source', with: { url: file, pace: 'asap' } });
  const run = await runGraph(`source: ${source}\ndecode: { use: decode, from: source }`, { frames });
  const [frame] = run.output<FrameView>('decode.frames');
  if (!frame) throw new Error(`no frame of ${file}: ${JSON.stringify(run.failures)}`);
  const scale = `${filters}scale=${width}:${height}:flags=bilinear+accurate_rnd+full_chroma_int+full_chroma_inp,format=rgb24`;
  const right = ffmpeg(`-i ${file} -vf ${scale} -f rawvideo pipe:1`);
  const sum = right.reduce((off, level, i) => off + Math.abs(level - (frame.data[i] ?? 0)), 0);
  return sum / right.length;
}

describe.skipIf(!hasFfmpeg())('colours', () => {
  const rows = ['bt709', 'smpte170m', 'bt2020nc'].flatMap((matrix) =>
    ['tv', 'pc'].flatMap((range) =>
      ['yuv420p', 'yuv422p', 'yuv444p', 'yuv420p10le'].map((format) => ({ matrix, range, format })),
    ),
  );

  test.each(rows)('$matrix, $range, $format', async ({ matrix, range, format }) => {
    const file = join(folder, `${matrix}-${range}-${format}.mkv`);
    const out = matrix === 'smpte170m' ? 'bt601' : matrix === 'bt2020nc' ? 'bt2020' : matrix;
    const convert = `scale=out_color_matrix=${out}:out_range=${range},format=${format}`;
    const tags = `-colorspace ${matrix} -color_range ${range}`;
    ffmpeg(`${PICTURE} -vf ${convert} ${tags} -c:v ffv1 ${file}`);
    const meanOff = await compare(file, 320, 240, `scale=in_color_matrix=${out}:in_range=${range},`);
    expect(meanOff).toBeLessThan(MOST_OFF);
  });

  test('H.264, whose samples of colour are taken to lie at the left', async () => {
    const file = join(folder, 'left.mp4');
    ffmpeg(`${PICTURE} -c:v libx264 -qp 5 -preset ultrafast -pix_fmt yuv420p ${file}`);
    expect(await compare(file, 320, 240)).toBeLessThan(MOST_OFF);
  });
});
