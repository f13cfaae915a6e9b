/**
 * Keeps back the pictures of a film that lie before its start. What a packet says is not enough: pictures come out of a
 * decoder in another order, and later, than packets go in. Pure stepper.
 */
import type { PacketMessage } from '../../runtime/node.ts';

const DEFAULT_FRAME_S = 0.04;

export class StartGate {
  #generation: number | undefined;
  /** Media time of the picture that was kept back last. */
  #lastS: number | undefined;

  /** @param timeS media time of the next picture; undefined: it has none, and is counted */
  keepsBack(
    timeS: number | undefined,
    { generation, start, frameRate }: Omit<PacketMessage, 'packet' | 'codec'>,
  ): boolean {
    if (start === undefined) return false;
    if (generation !== this.#generation) [this.#generation, this.#lastS] = [generation, undefined];
    const frameS = frameRate > 0 ? 1 / frameRate : DEFAULT_FRAME_S;
    const mediaS = timeS ?? (this.#lastS === undefined ? start.firstMediaS : this.#lastS + frameS);
    if (mediaS >= start.mediaS - frameS / 2) return false;
    this.#lastS = mediaS;
    return true;
  }
}
