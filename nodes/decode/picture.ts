/** A picture file (or the first frame of a video) as a frame, in the form that a consumer asks for. */
import { AV_LOG_FATAL, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { FFmpegError, FormatContext, type Frame, Log, Packet } from 'node-av/lib';
import { type FrameRequest, type FrameView, frameBytes, WindhoverError } from '../../runtime/node.ts';
import { FrameConverter } from './converter.ts';
import { orientationOf, shownSize } from './orientation.ts';
import { VideoDecoder } from './video-decoder.ts';

/** No video shows its first frame later. */
const MOST_PACKETS = 500;

/** @throws WindhoverError `picture_unreadable` */
export async function readPicture(file: string, request: FrameRequest): Promise<FrameView> {
  Log.setLevel(AV_LOG_FATAL);
  const format = new FormatContext();
  format.allocContext();
  try {
    check(file, await format.openInput(file, null, null));
    check(file, await format.findStreamInfo(null));
    const stream = format.streams[check(file, format.findBestStream(AVMEDIA_TYPE_VIDEO))];
    if (stream === undefined) throw unreadable(file, 'it has no picture');
    const decoder = new VideoDecoder(stream.codecpar, 1);
    try {
      return viewOf(await firstFrame(file, format, stream.index, decoder), request);
    } finally {
      decoder.close();
    }
  } finally {
    await format.closeInput();
  }
}

async function firstFrame(file: string, format: FormatContext, stream: number, decoder: VideoDecoder): Promise<Frame> {
  const packet = new Packet();
  packet.alloc();
  try {
    for (let i = 0; i < MOST_PACKETS; i++) {
      const isOver = (await format.readFrame(packet)) < 0;
      if (isOver || packet.streamIndex === stream) decoder.send(isOver ? null : packet);
      packet.unref();
      const frame = decoder.receive();
      if (frame !== undefined) return frame;
      if (isOver) break;
    }
  } finally {
    packet.free();
  }
  throw unreadable(file, 'it holds no picture that can be decoded');
}

function viewOf(frame: Frame, request: FrameRequest): FrameView {
  const byteLength = frameBytes(request);
  const buffer = new SharedArrayBuffer(byteLength);
  const converter = new FrameConverter(request);
  const mapping = converter.convert(frame, { buffer, byteOffset: 0, byteLength, key: 0, fresh: true });
  converter.close();
  const data = request.format.endsWith('f32') ? new Float32Array(buffer) : new Uint8Array(buffer);
  const times = { mediaTimeS: 0, captureUnixMs: 0, captureMonoMs: 0, decodedMonoMs: 0 };
  return { meta: { index: 0, ...times, size: shownSize(frame, orientationOf(frame)) }, mapping, request, data };
}

function check(file: string, code: number): number {
  if (code < 0) throw unreadable(file, FFmpegError.strerror(code));
  return code;
}

function unreadable(file: string, got: string): WindhoverError {
  return new WindhoverError('picture_unreadable', `the picture ${file} can't be read`, { got });
}
