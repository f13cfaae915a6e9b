/** Which streams of an opened container are played: its video, and what a camera says of it. */
import { AVMEDIA_TYPE_DATA, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { Codec, type FormatContext, type Packet, type Stream } from 'node-av/lib';
import { WindhoverError } from '../../runtime/node.ts';
import type { Deadline } from './deadline.ts';
import { sourceError } from './faults.ts';
import type { ProgramDates } from './program-date.ts';
import type { RtspRelay } from './rtsp-relay/relay.ts';

/** Packets of sound and such that may come before the first of a video stream that is not announced. */
const MOST_BEFORE_VIDEO = 500;

export interface Opened {
  readonly format: FormatContext;
  readonly packet: Packet;
  readonly deadline: Deadline;
  isFinite: boolean;
  dates: ProgramDates | undefined;
  /** Between FFmpeg and the camera. */
  relay: RtspRelay | undefined;
  /** `packet` is the first of the video stream. */
  isRead: boolean;
}

/** Looks into a file. */
export async function bestStream({ format, deadline }: Opened, wanted = -1): Promise<Stream> {
  check(await deadline.of(format.findStreamInfo(null)), 'has no readable streams', deadline);
  const index = format.findBestStream(AVMEDIA_TYPE_VIDEO, wanted);
  const stream = index >= 0 ? format.streams[index] : undefined;
  if (stream && stream.codecpar.width > 0) return stream;
  throw noVideo(format);
}

/**
 * The video of a live stream, without looking into it: that would take a second of it, and hide when those packets
 * arrived. Some streams are known only when their first packet has come.
 */
export async function firstStream(opened: Opened, wanted: number | undefined): Promise<Stream> {
  const { format, packet, deadline } = opened;
  const beganMs = performance.now();
  for (let packets = 0; packets <= MOST_BEFORE_VIDEO; packets++) {
    const stream = format.streams.find(({ index, codecpar }) => {
      return codecpar.codecType === AVMEDIA_TYPE_VIDEO && codecpar.codecId !== 0 && (wanted ?? index) === index;
    });
    if (stream) {
      opened.isRead = packets > 0 && packet.streamIndex === stream.index;
      refuseUnknownCodec(stream);
      return stream;
    }
    if (format.iformat?.name === 'rtsp') break; // it has told all its streams
    packet.unref();
    check(await deadline.of(format.readFrame(packet), beganMs), 'sends no video', deadline);
  }
  const unknown = format.streams.find(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO);
  if (unknown) refuseUnknownCodec(unknown);
  throw noVideo(format);
}

/** The metadata of an ONVIF camera: of RTSP alone, and FFmpeg has no name for it. */
export function metadataStream({ format }: Opened): Stream | undefined {
  if (format.iformat?.name !== 'rtsp') return undefined;
  return format.streams.find(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_DATA && codecpar.codecId === 0);
}

function refuseUnknownCodec({ codecpar }: Stream): void {
  if (Codec.findDecoder(codecpar.codecId)) return;
  throw new WindhoverError('source_unsupported', 'there is no decoder for its video', {
    got: `codec ${codecpar.codecId}`,
    hint: 'set the camera to H.264, H.265 or MJPEG',
  });
}

function noVideo(format: FormatContext): WindhoverError {
  return new WindhoverError('source_no_video', 'has no video stream', {
    got: `${format.nbStreams} streams of other kinds`,
  });
}

/** @throws WindhoverError `source_timeout`, or by the code of FFmpeg */
export function check(code: number, what: string, deadline: Deadline): void {
  if (code >= 0) return;
  if (deadline.expired) throw new WindhoverError('source_timeout', `${what}: no answer in time`);
  throw sourceError(code, what, 'source_unreadable');
}
