/** The test pattern as an MP4 file with H.264 video. Native code: loaded when the first clip is made. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawPattern, PATTERN_FPS, PATTERN_FRAMES } from './pattern.ts';

export interface ClipShape {
  readonly name: string;
  /** Pixels as they are stored. */
  readonly w: number;
  readonly h: number;
  /** Width of a pixel by its height. */
  readonly pixelAspect?: readonly [number, number];
  /** How far a player has to turn the picture, clockwise. */
  readonly rotationDeg?: 90;
}

export const CLIPS: readonly ClipShape[] = [
  { name: '16:9', w: 640, h: 360 },
  { name: '4:3', w: 640, h: 480 },
  { name: '1:1', w: 480, h: 480 },
  { name: '9:16', w: 360, h: 640 },
  { name: '21:9', w: 840, h: 360 },
  { name: 'anamorphic', w: 480, h: 360, pixelAspect: [4, 3] },
  { name: 'rotated', w: 640, h: 360, rotationDeg: 90 },
];

/** @param frames how many; the strip can count to 2047 */
export async function encodeClip(shape: ClipShape, frames = PATTERN_FRAMES): Promise<Uint8Array<ArrayBuffer>> {
  const { AV_LOG_ERROR, AV_PIX_FMT_YUV420P, Encoder, FF_ENCODER_LIBX264, Frame, Log, Muxer, Rational } = await import(
    'node-av'
  );
  Log.setLevel(AV_LOG_ERROR);
  const { w, h, pixelAspect = [1, 1], rotationDeg } = shape;
  const folder = await mkdtemp(join(tmpdir(), 'windhover-calibrate-'));
  try {
    const file = join(folder, 'clip.mp4');
    const aspect = new Rational(...pixelAspect);
    using encoder = await Encoder.create(FF_ENCODER_LIBX264, {
      threadCount: 1,
      gopSize: 10,
      maxBFrames: 0,
      options: { preset: 'ultrafast', crf: 12 },
      configure: (context) => {
        context.sampleAspectRatio = aspect;
      },
    });
    const output = await Muxer.open(file, { options: { movflags: '+faststart' } });
    const stream = output.addStream(encoder);
    const turned = { w: rotationDeg ? h : w, h: rotationDeg ? w : h };
    // A frame does not copy its bytes: the collector must not have them while they are read.
    const inUse: Uint8Array[] = [];
    for (let frame = 0; frame < frames; frame++) {
      const shown = drawPattern(turned, frame);
      const bytes = rotationDeg ? turnedBack(shown, turned) : shown;
      inUse[0] = bytes;
      const props = {
        width: w,
        height: h,
        format: AV_PIX_FMT_YUV420P,
        pts: BigInt(frame),
        timeBase: new Rational(1, PATTERN_FPS),
        sampleAspectRatio: aspect,
      };
      using picture = Frame.fromVideoBuffer(Buffer.from(bytes.buffer), props);
      for (const packet of await encoder.encodeAll(picture)) await output.writePacket(packet, stream);
    }
    for (const packet of await encoder.encodeAll(null)) await output.writePacket(packet, stream);
    await output.close();
    const bytes = new Uint8Array(await readFile(file));
    if (rotationDeg) turnInPlayer(bytes);
    return bytes;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The picture as it must be stored, so that a player that turns it clockwise by 90 degrees shows it upright. */
function turnedBack(shown: Uint8Array, { w, h }: { readonly w: number; readonly h: number }): Uint8Array<ArrayBuffer> {
  const stored = new Uint8Array(shown.length).fill(128);
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) stored[(w - 1 - x) * h + y] = shown[y * w + x] ?? 0;
  return stored;
}

/** Writes a rotation of 90 degrees into the matrix of the track (`tkhd`), whose numbers are 16.16. */
function turnInPlayer(bytes: Uint8Array): void {
  const at = Buffer.from(bytes.buffer).indexOf('tkhd');
  const view = new DataView(bytes.buffer);
  const isLong = view.getUint8(at + 4) === 1;
  const matrix = at + 4 + (isLong ? 52 : 40);
  const ONE = 0x10000;
  const quarterTurn = [0, ONE, 0, -ONE, 0, 0];
  quarterTurn.forEach((value, index) => {
    view.setInt32(matrix + index * 4, value);
  });
}
