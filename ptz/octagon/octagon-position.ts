/** Where an Octagon camera points, for a driver that moves it by other means. Moves nothing. */
import { errorMessage, WindhoverError } from '../../runtime/node.ts';
import { aborted } from '../network/http.ts';
import { LinkState } from '../network/link.ts';
import type { PositionLook, PositionSource } from '../position.ts';
import type { DriverTime } from '../time.ts';
import { OctagonApi } from './api.ts';
import { OctagonClient } from './client.ts';
import { OctagonEyes } from './look.ts';
import type { OctagonAddress } from './options.ts';

export class OctagonPosition implements PositionSource {
  readonly name = 'octagon';
  readonly unit = 'degrees';
  readonly #time: DriverTime;
  readonly #client: OctagonClient;
  readonly #link: LinkState;
  readonly #eyes: OctagonEyes;

  constructor(address: OctagonAddress, time: DriverTime) {
    this.#time = time;
    this.#client = new OctagonClient(address, time);
    this.#eyes = new OctagonEyes(new OctagonApi(this.#client, address), time);
    this.#link = new LinkState(this.#client.policy, time);
    this.#link.ready();
  }

  async look(signal: AbortSignal): Promise<PositionLook> {
    const { isReady, isDue, now } = this.#link;
    // A lost source is asked again only when the next attempt is due.
    if (!isReady && !isDue) return this.#nothing(now.reason);
    try {
      if (!isReady) await this.#client.greet(signal);
      const look = await this.#eyes.look(signal);
      this.#link.ready();
      return { ...look, reason: look.pan === null ? 'it does not report its position' : null };
    } catch (error) {
      this.#link.failed(error);
      if (signal.aborted) throw aborted(error);
      if (!(error instanceof WindhoverError)) throw error;
      return this.#nothing(errorMessage(error));
    }
  }

  close(): void {
    this.#link.closed();
  }

  #nothing(reason: string | null): PositionLook {
    const atMs = this.#time.clock.monoMs();
    return { atMs, pan: null, tilt: null, zoom: null, moving: null, reason: reason ?? 'no answer' };
  }
}
