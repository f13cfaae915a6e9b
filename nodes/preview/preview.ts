/** preview at work: the packets of the source, to those who look. */
import { AV_CODEC_ID_H264, AV_CODEC_ID_RAWVIDEO } from 'node-av/constants';
import type { CodecParameters, Packet } from 'node-av/lib';
import { type NodeContext, type PacketMessage, WallTime, WindhoverError } from '../../runtime/node.ts';
import { hasParameterSets, isKey, type NalUnit, nalUnits, type ParameterSets, parameterSets } from './access-units.ts';
import { Encoder } from './encoder.ts';
import { Mp4Viewer } from './mp4-viewer.ts';
import type { PreviewOptions } from './options.ts';
import { SentPicture, type Viewer } from './viewer.ts';

const TICKS_PER_MS = 90n;
const NS_PER_MS = 1_000_000n;
/** A viewer that says nothing for so long is gone; browsers report every second what they have got. */
const SILENT_MS = 10_000;
/** For a stream that does not say its rate. */
const USUAL_FPS = 25;

export class Preview {
  readonly #context: NodeContext<PreviewOptions, Record<never, never>>;
  readonly #wall: WallTime;
  readonly #viewers = new Map<string, Viewer>();
  /** When each viewer said something last, on the monotonic clock. */
  readonly #heardMs = new Map<string, number>();
  #encoder: Encoder | undefined;
  #wantsKey = false;
  #generation = -1;
  #sets: ParameterSets = { lengthBytes: 0, sets: [] };
  /** Why the stream cannot be shown as it is. */
  #refusal: WindhoverError | undefined;
  #lastPts = -1n;

  constructor(context: NodeContext<PreviewOptions, Record<never, never>>) {
    this.#context = context;
    this.#wall = new WallTime(context.clock);
    context.gauge('viewers', 0);
  }

  /** @throws WindhoverError `preview_unsupported`, `preview_full`, `preview_refused` */
  async offer(sdp: string): Promise<{ id: string; sdp: string }> {
    this.#checkRoom();
    // WebRTC is loaded for the first who looks.
    const peers = await import('./webrtc-viewer.ts');
    const viewer = new peers.WebRtcViewer(this.#context.params.host, {
      wantsKey: () => {
        this.#wantsKey = true;
      },
      heard: () => this.#heard(viewer.id),
      ended: () => void this.end(viewer.id),
    });
    this.#add(viewer);
    try {
      return { id: viewer.id, sdp: await viewer.answer(sdp) };
    } catch (error) {
      await this.end(viewer.id);
      throw error;
    }
  }

  /** @throws WindhoverError `preview_unsupported`, `preview_full` */
  watch(): { id: string } {
    this.#checkRoom();
    const viewer = new Mp4Viewer(() => this.#heard(viewer.id));
    this.#add(viewer);
    this.#wantsKey = true;
    return { id: viewer.id };
  }

  /** @throws WindhoverError `preview_ended` */
  read(id: string): { type?: string; data: string } {
    const viewer = this.#viewers.get(id);
    if (viewer instanceof Mp4Viewer) return viewer.read();
    throw this.#refusal ?? new WindhoverError('preview_ended', 'this viewer is not there any more');
  }

  async end(id: string): Promise<void> {
    const viewer = this.#viewers.get(id);
    this.#heardMs.delete(id);
    if (!this.#viewers.delete(id)) return;
    this.#context.gauge('viewers', this.#viewers.size);
    await viewer?.close();
  }

  async take(message: PacketMessage): Promise<void> {
    const packet = message.packet as Packet;
    const codec = message.codec as CodecParameters;
    if (message.generation !== this.#generation) this.#begin(message.generation, codec);
    this.#checkOrder(packet);
    if (this.#viewers.size === 0) {
      this.#freeEncoder();
      return;
    }
    this.#dropSilent();
    const viewers = [...this.#viewers.values()].filter(({ isConnected }) => isConnected);
    if (viewers.length === 0) return;
    const units = await this.#units(packet, codec, message.frameRate);
    if (units.length === 0) return;
    const isKeyFrame = isKey(units);
    const picture = new SentPicture({
      units: isKeyFrame && !hasParameterSets(units) ? [...this.#sets.sets, ...units] : units,
      isKey: isKeyFrame,
      size: { w: codec.width, h: codec.height },
      mediaTicks: (packet.pts * TICKS_PER_MS) / NS_PER_MS,
      captureUnixMs: this.#wall.at(message.originMonoMs + Number(packet.pts) / Number(NS_PER_MS)),
    });
    for (const viewer of viewers) {
      viewer.hasKey ||= isKeyFrame;
      if (viewer.hasKey) viewer.send(picture);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#viewers.keys()].map((id) => this.end(id)));
    this.#freeEncoder();
  }

  #checkRoom(): void {
    if (this.#refusal) throw this.#refusal;
    const { max_viewers } = this.#context.params;
    if (this.#viewers.size < max_viewers) return;
    throw new WindhoverError('preview_full', `there are ${max_viewers} viewers already`, {
      hint: 'raise max_viewers of preview',
    });
  }

  #add(viewer: Viewer): void {
    this.#heard(viewer.id);
    this.#viewers.set(viewer.id, viewer);
    this.#context.gauge('viewers', this.#viewers.size);
  }

  #heard(id: string): void {
    this.#heardMs.set(id, this.#context.clock.monoMs());
  }

  #begin(generation: number, codec: CodecParameters): void {
    this.#generation = generation;
    this.#freeEncoder();
    this.#lastPts = -1n;
    for (const viewer of this.#viewers.values()) viewer.hasKey = false;
    this.#sets = parameterSets(codec.extradata ?? new Uint8Array());
    const isShown = codec.codecId === AV_CODEC_ID_H264 || codec.codecId === AV_CODEC_ID_RAWVIDEO;
    this.#refuse(
      isShown ? undefined : 'the stream is no H.264, which browsers need',
      "set the camera's video to H.264, or show it by a media server (view of source)",
    );
  }

  /** Browsers show pictures in the order in which they come: B-frames would go to and fro. */
  #checkOrder({ pts }: Packet): void {
    if (this.#refusal) return;
    if (pts < this.#lastPts) {
      this.#refuse(
        'the stream has B-frames, which WebRTC cannot carry',
        'switch B-frames off in the camera (H.264 Baseline)',
      );
    }
    this.#lastPts = pts;
  }

  #dropSilent(): void {
    const nowMs = this.#context.clock.monoMs();
    for (const [id, heardMs] of this.#heardMs) if (nowMs - heardMs > SILENT_MS) void this.end(id);
  }

  #refuse(why: string | undefined, hint: string): void {
    this.#refusal = why === undefined ? undefined : new WindhoverError('preview_unsupported', why, { hint });
    if (!this.#refusal) return;
    this.#context.log.warn(`no preview: ${why}`, { code: 'preview_unsupported', hint });
    for (const id of [...this.#viewers.keys()]) void this.end(id);
  }

  async #units(packet: Packet, codec: CodecParameters, frameRate: number): Promise<readonly NalUnit[]> {
    const { data } = packet;
    if (!data) return [];
    if (codec.codecId === AV_CODEC_ID_H264) return nalUnits(data, this.#sets.lengthBytes);
    const size = { w: codec.width, h: codec.height };
    this.#encoder ??= new Encoder(size, frameRate || USUAL_FPS);
    const wantsKey = this.#wantsKey;
    this.#wantsKey = false;
    const unit = await this.#encoder.encode(data, packet.pts, wantsKey);
    return unit ? nalUnits(unit, 0) : [];
  }

  #freeEncoder(): void {
    this.#encoder?.free();
    this.#encoder = undefined;
  }
}
