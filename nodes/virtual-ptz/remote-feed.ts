/** Pictures of a virtual camera, one when asked. Bytes are I420 and good until the next call. */
import { Value } from '@sinclair/typebox/value';
import { type Clock, type Size, Type, WindhoverError } from '../../runtime/node.ts';
import type { VirtualPtzOptions } from './options.ts';

export interface VirtualPicture {
  readonly bytes: Uint8Array;
  readonly size: Size;
  /** When it was taken, on our monotonic clock. */
  readonly monoMs: number;
}

export interface VirtualFeed {
  /** @throws WindhoverError `source_lost`, `source_unreadable` */
  picture(signal: AbortSignal): Promise<VirtualPicture>;
}

const positive = Type.Number({ exclusiveMinimum: 0 });
const FrameHeader = Type.Object({ w: positive, h: positive, time_unix_ms: positive });

/** A camera that runs by itself and is asked over HTTP (sim/camera, "The truth"). */
export class RemoteFeed implements VirtualFeed {
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  /** @param url `http://host:port` */
  constructor(url: string, { profile, size, timeout_s }: VirtualPtzOptions, clock: Clock) {
    this.#url = new URL('/debug/frame', url);
    if (profile !== undefined) this.#url.searchParams.set('profile', profile);
    if (size !== undefined) this.#url.searchParams.set('size', size.join('x'));
    this.#clock = clock;
    this.#timeoutMs = timeout_s * 1000;
  }

  async picture(signal: AbortSignal): Promise<VirtualPicture> {
    const { bytes, text } = await this.#fetch(AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]));
    const meta: unknown = JSON.parse(text);
    if (!Value.Check(FrameHeader, meta) || bytes.byteLength !== (meta.w * meta.h * 3) / 2) {
      throw new WindhoverError('source_unreadable', 'the answer is not a picture of a virtual camera', {
        hint: 'start one with: bun run camera',
      });
    }
    // Both clocks run on this machine: the picture is as old as the wall clock says.
    const ageMs = Math.max(0, this.#clock.unixMs() - meta.time_unix_ms);
    const monoMs = this.#clock.monoMs() - ageMs;
    return { bytes, size: { w: meta.w, h: meta.h }, monoMs };
  }

  /** An answer that stops half-way is none. */
  async #fetch(signal: AbortSignal): Promise<{ readonly bytes: Uint8Array; readonly text: string }> {
    try {
      const response = await fetch(this.#url, { signal });
      if (!response.ok) {
        throw new WindhoverError('source_unreadable', 'the virtual camera refused the request', {
          got: `HTTP ${response.status}`,
        });
      }
      const bytes = new Uint8Array(await response.arrayBuffer());
      return { bytes, text: response.headers.get('X-Frame') ?? 'null' };
    } catch (cause) {
      if (cause instanceof WindhoverError) throw cause;
      throw new WindhoverError('source_lost', 'no answer', { hint: 'start one with: bun run camera', cause });
    }
  }
}
