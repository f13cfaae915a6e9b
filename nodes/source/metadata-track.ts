/**
 * The metadata track of a camera, beside its pictures: its documents, and how the camera's clock lies on that of captures. The
 * pictures tell that, one by one: by ONVIF's rules the time that a document names is that of a picture.
 */
import { AV_CODEC_FLAG_LOW_DELAY } from 'node-av/constants';
import { Codec, CodecContext, type CodecParameters, Frame, type Packet } from 'node-av/lib';
import { type MetadataMessage, type Size, WallTime } from '../../runtime/node.ts';
import type { ClockQuality, PacketTimes } from '../../timing/index.ts';
import type { SourceContext } from './clock-report.ts';
import { Documents } from './documents.ts';

const BEAT_MS = 1000;

/** Of a live input that may have such a track. */
export interface MetadataInput {
  readonly hasMetadata?: boolean;
  onMetadata?: (payload: Uint8Array) => void;
  readonly stream: { readonly codecpar: CodecParameters };
}

interface Begin {
  readonly generation: number;
  /** Of the first picture of all, if there was one. */
  readonly originMonoMs: number | undefined;
}

/** A picture that was handed on. */
export interface Seen {
  readonly packet: Packet;
  readonly times: PacketTimes;
  readonly captureMs: number;
  readonly quality: ClockQuality;
  readonly originMonoMs: number;
}

export class MetadataTrack {
  readonly #context: SourceContext;
  readonly #wall: WallTime;
  readonly #input: MetadataInput;
  readonly #documents = new Documents();
  #state: MetadataMessage;
  #beatMs = Number.NEGATIVE_INFINITY;

  /** Says so at once when there is none. */
  constructor(context: SourceContext, input: MetadataInput, { generation, originMonoMs }: Begin) {
    this.#context = context;
    this.#wall = new WallTime(context.clock);
    this.#input = input;
    const none = noMetadata(context);
    const origin = { generation, originMonoMs: originMonoMs ?? none.originMonoMs };
    this.#state = { ...none, hasTrack: input.hasMetadata === true, ...origin };
    if (this.#state.hasTrack) input.onMetadata = (payload) => this.#take(payload);
    else void this.#context.emit.metadata(this.#state);
  }

  /** Takes the times of a picture; called for each one, in order. */
  seen({ packet, times, captureMs, quality, originMonoMs }: Seen): void {
    if (!this.#state.hasTrack) return;
    const { absoluteMs } = times;
    const cameraToMonoMs = absoluteMs === undefined ? null : captureMs - this.#wall.at(absoluteMs);
    const size = this.#state.size ?? (packet.isKeyframe ? pictureSize(this.#input.stream.codecpar, packet) : null);
    this.#state = { ...this.#state, cameraToMonoMs, captureClock: quality.clock, originMonoMs, size };
    const nowMs = this.#context.clock.monoMs();
    if (nowMs - this.#beatMs < BEAT_MS) return;
    this.#beatMs = nowMs;
    void this.#context.emit.metadata({ ...this.#state, arrivalMonoMs: nowMs });
  }

  #take(payload: Uint8Array): void {
    const before = this.#documents.broken;
    const document = this.#documents.push(payload);
    if (this.#documents.broken > before) this.#context.count('broken_documents');
    // Before the first picture neither their times nor their places could be told.
    if (document === undefined || this.#beatMs === Number.NEGATIVE_INFINITY) return;
    void this.#context.emit.metadata({ ...this.#state, document, arrivalMonoMs: this.#context.clock.monoMs() });
  }
}

/** What is told of a source that has no such track. */
export function noMetadata({ clock }: SourceContext): MetadataMessage {
  const nowMs = clock.monoMs();
  const times = { arrivalMonoMs: nowMs, cameraToMonoMs: null, captureClock: 'arrival', originMonoMs: nowMs } as const;
  return { hasTrack: false, ...times, size: null, generation: 0 };
}

/** What a decoder reads of a key frame; a live stream does not state it before. Null: it cannot be seen from this one. */
function pictureSize(parameters: CodecParameters, packet: Packet): Size | null {
  const codec = Codec.findDecoder(parameters.codecId);
  if (!codec) return null;
  const context = new CodecContext();
  const frame = new Frame();
  try {
    context.allocContext3(codec);
    context.parametersToContext(parameters);
    context.threadCount = 1;
    context.setFlags(AV_CODEC_FLAG_LOW_DELAY);
    frame.alloc();
    if (context.open2Sync(codec, null) < 0 || context.sendPacketSync(packet) < 0) return null;
    context.receiveFrameSync(frame);
    return context.width > 0 && context.height > 0 ? { w: context.width, h: context.height } : null;
  } finally {
    frame.free();
    context.freeContext();
  }
}
