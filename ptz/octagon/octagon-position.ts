/** Where an Octagon camera points, for a driver that moves it by other means. Moves nothing. */
import { errorMessage, WindhoverError } from '../../runtime/node.ts';
import { aborted } from '../network/http.ts';
import { LinkKeeper } from '../network/link.ts';
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
  readonly #link: LinkKeeper;
  readonly #eyes: OctagonEyes;

  constructor(address: OctagonAddress, time: DriverTime) {
    this.#time = time;
    this.#client = new OctagonClient(address, time);
    this.#eyes = new OctagonEyes(new OctagonApi(this.#client, address), time);
    this.#link = new LinkKeeper(this.#client.policy, time);
    this.#link.ready();
  }

  async look(signal: AbortSignal): Promise<PositionLook> {
    const { state, reason } = this.#link.now;
    // A lost source is asked again only when the next attempt is due.
    if (state !== 'ready' && !this.#link.isDue) return this.#nothing(reason);
    try {
      const { atMs, pan, tilt, zoom, moving } = await this.#link.try(async () => {
        if (state !== 'ready') await this.#client.greet(signal);
        return await this.#eyes.look(signal);
      });
      this.#link.ready();
      return { atMs, pan, tilt, zoom, moving, reason: pan === null ? 'it does not report its position' : null };
    } catch (error) {
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
