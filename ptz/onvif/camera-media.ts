/** What a camera has to show: its profiles and the addresses of their streams. */
import { WindhoverError } from '../../runtime/node.ts';
import type { Account } from '../network/account.ts';
import type { CameraAddress } from '../network/options.ts';
import type { DriverTime } from '../time.ts';
import { learnClock } from './camera-clock.ts';
import { soapClient } from './connect.ts';
import { askStreamUri, type MediaProfile, pickProfile, readProfiles } from './media.ts';
import { deviceUrl, findServices } from './services.ts';
import type { SoapClient } from './soap-client.ts';
import { streamUrls } from './stream-url.ts';

/** A lost request is sent again. */
const RETRIES = 2;

export interface AskOptions {
  readonly time: DriverTime;
  /** When others log in with it, too. */
  readonly account?: Account;
  readonly signal?: AbortSignal;
}

export class CameraMedia {
  readonly profiles: readonly MediaProfile[];
  readonly hasPtz: boolean;
  /** What was odd, in plain words. */
  readonly notes: string[];
  readonly #client: SoapClient;
  readonly #device: URL;

  private constructor(client: SoapClient, device: URL, found: Pick<CameraMedia, 'profiles' | 'hasPtz' | 'notes'>) {
    [this.#client, this.#device] = [client, device];
    ({ profiles: this.profiles, hasPtz: this.hasPtz, notes: this.notes } = found);
  }

  /**
   * Asks a camera for its profiles.
   * @throws WindhoverError `ptz_url`, `ptz_unreachable`, `ptz_login`, `ptz_unsupported`, `ptz_refused`, `ptz_aborted`
   */
  static async ask(address: CameraAddress, { time, account, signal }: AskOptions): Promise<CameraMedia> {
    const client = soapClient(address, time, account);
    client.retries = RETRIES;
    const device = deviceUrl(address);
    const notes: string[] = [];
    await learnClock(client, device, time, signal);
    const { media, ptz, listed } = await findServices(client, device, notes, signal);
    if (media.length === 0) {
      const expected = 'the ONVIF service Media (ver10) or Media2 (ver20)';
      throw new WindhoverError('ptz_unsupported', 'the camera tells no streams', { expected, got: listed });
    }
    const profiles = await readProfiles(client, media, 'all', signal);
    const hasPtz = ptz !== undefined && profiles.some((profile) => profile.ptz !== undefined);
    return new CameraMedia(client, device, { profiles, hasPtz, notes });
  }

  /** By token, name, or least width in pixels. @throws WindhoverError `ptz_profile` */
  profile(wanted: string | number): MediaProfile {
    return pickProfile(this.profiles, wanted);
  }

  /**
   * Where its stream can be opened, best first; without a login.
   * @param port where a router has it
   * @throws WindhoverError as `ask`
   */
  async streamUrls(profile: MediaProfile, port?: number, signal?: AbortSignal): Promise<string[]> {
    return streamUrls(await askStreamUri(this.#client, profile, signal), this.#device, port, this.notes);
  }
}
