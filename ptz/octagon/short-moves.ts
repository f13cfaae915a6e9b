/**
 * Velocities as moves to a place that runs ahead of the head by what it covers within the lease: each ends by itself,
 * also when no process is left to stop it.
 */
import type { Velocity } from '../driver.ts';
import { type OctagonApi, type PanTilt, signedDeg } from './api.ts';

/** A pause longer than this and the chain starts again. */
const CHAIN_MS = 1500;
/** Full zoom speed, percent of the lens's range a second. */
const ZOOM_PERCENT_S = 10;

interface Chain extends PanTilt {
  readonly atMs: number;
  readonly velocity: Velocity;
}

export class ShortMoves {
  readonly #api: OctagonApi;
  readonly #degPerS: number;
  readonly #zoomThreshold: number;
  #chain: Chain | null = null;

  constructor(api: OctagonApi, degPerS: number, zoomThreshold: number) {
    this.#api = api;
    this.#degPerS = degPerS;
    this.#zoomThreshold = zoomThreshold;
  }

  /** After a stop, or any other move. */
  reset(): void {
    this.#chain = null;
  }

  /** @param leadMs how long the motion may go on @returns false: the camera does not report its position */
  async move(velocity: Velocity, leadMs: number, nowMs: number, signal: AbortSignal): Promise<boolean> {
    const chain = this.#chain && nowMs - this.#chain.atMs <= CHAIN_MS ? this.#chain : null;
    const from = chain
      ? ahead(chain, chain.velocity, this.#covers(nowMs - chain.atMs))
      : await this.#api.position(signal);
    if (from === null) return false;
    await this.#api.goTo(ahead(from, velocity, this.#covers(leadMs)), signal);
    this.#chain = { ...from, atMs: nowMs, velocity };
    await this.#zoom(velocity.zoom, leadMs, signal);
    return true;
  }

  async #zoom(speed: number, leadMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#api.hasLens || Math.abs(speed) < this.#zoomThreshold) return;
    const lens = await this.#api.lens(signal);
    if (lens === null) return;
    await this.#api.setLens({ ...lens, zoom: lens.zoom + (speed * ZOOM_PERCENT_S * leadMs) / 1000 }, signal);
  }

  #covers(ms: number): number {
    return (this.#degPerS * ms) / 1000;
  }
}

function ahead({ pan, tilt }: PanTilt, velocity: Velocity, deg: number): PanTilt {
  return {
    pan: signedDeg(pan + velocity.pan * deg),
    tilt: Math.min(90, Math.max(-90, tilt + velocity.tilt * deg)),
  };
}
