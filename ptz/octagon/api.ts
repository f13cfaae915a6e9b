/** The calls of the Octagon API that are used. Angles in degrees: pan in [-180, 180), 0 is home; tilt + is up. */
import { WindhoverError } from '../../runtime/node.ts';
import type { Preset } from '../driver.ts';
import { isRecord, type OctagonClient, segment } from './client.ts';
import type { OctagonAddress } from './options.ts';

export interface PanTilt {
  readonly pan: number;
  readonly tilt: number;
}

/** Percent of the lens's range. */
export interface LensPosition {
  readonly zoom: number;
  readonly focus: number | null;
}

/** A direction and percents of the head's full speed, as the move command takes them. */
export interface MoveQuery {
  readonly direction: string;
  readonly panSpeed: number;
  readonly tiltSpeed: number;
}

export type LensMove = 'zoomTele' | 'zoomWide' | 'stop';

export class OctagonApi {
  readonly #client: OctagonClient;
  readonly #panTilt: string;
  readonly #lens: string | null;

  constructor(client: OctagonClient, { pantilt, lens }: OctagonAddress) {
    this.#client = client;
    this.#panTilt = `/devices/${segment(pantilt)}`;
    this.#lens = lens === '' ? null : `/devices/${segment(lens)}`;
  }

  get hasLens(): boolean {
    return this.#lens !== null;
  }

  /** Status of each device by its name. */
  async devices(signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const data = await this.#client.call({ path: '/devices', signal });
    const named = isRecord(data) ? Object.entries(data) : [];
    return new Map(named.map(([name, device]) => [name, isRecord(device) ? String(device.status ?? '') : '']));
  }

  /** Moves nothing, needs the login. */
  async ping(signal?: AbortSignal): Promise<void> {
    await this.#client.call({ path: this.#panTilt, signal });
  }

  /** Null: answered, and no position in it. */
  async position(signal?: AbortSignal): Promise<PanTilt | null> {
    const data = await this.#client.call({ path: `${this.#panTilt}/position`, signal });
    // Firmware spells it in two ways.
    const pan = numberIn(data, 'pan', 'panPosition');
    const tilt = numberIn(data, 'tilt', 'tiltPosition');
    return pan === null || tilt === null ? null : { pan: signedDeg(pan), tilt };
  }

  /** Null: no lens, or no position in the answer. */
  async lens(signal?: AbortSignal): Promise<LensPosition | null> {
    if (this.#lens === null) return null;
    const data = await this.#client.call({ path: `${this.#lens}/position`, signal });
    const zoom = numberIn(data, 'zoom', 'zoomPosition');
    return zoom === null ? null : { zoom, focus: numberIn(data, 'focus', 'focusPosition') };
  }

  async goTo({ pan, tilt }: PanTilt, signal?: AbortSignal): Promise<void> {
    const body = { pan: round(compassDeg(pan)), tilt: round(Math.min(90, Math.max(-90, tilt))) };
    await this.#client.call({ path: `${this.#panTilt}/position`, body, signal });
  }

  async setLens({ zoom, focus }: LensPosition, signal?: AbortSignal): Promise<void> {
    const body = { zoom: round(Math.min(100, Math.max(0, zoom))), ...(focus === null ? {} : { focus }) };
    await this.#client.call({ path: `${this.#must}/position`, body, signal });
  }

  async move(query: MoveQuery, signal?: AbortSignal): Promise<void> {
    await this.#client.call({ path: this.#panTilt, query: { command: 'move', ...query }, signal });
  }

  async stopPanTilt(signal?: AbortSignal): Promise<void> {
    await this.#client.call({ path: this.#panTilt, query: { command: 'stop' }, signal });
  }

  async lensMove(command: LensMove, signal?: AbortSignal): Promise<void> {
    await this.#client.call({ path: this.#must, query: { command }, signal });
  }

  async presets(signal?: AbortSignal): Promise<readonly Preset[]> {
    const data = await this.#client.call({ path: '/system/presets', signal });
    const entries = Array.isArray(data) ? data.map((one: unknown) => ['', one] as const) : listed(data);
    return entries.flatMap(([key, preset]) => {
      const id = isRecord(preset) && preset.id !== undefined ? String(preset.id) : key;
      const name = isRecord(preset) && typeof preset.name === 'string' ? preset.name : id;
      return id === '' ? [] : [{ token: id, name }];
    });
  }

  async gotoPreset(id: string, signal?: AbortSignal): Promise<void> {
    await this.#client.call({ path: `/system/presets/${segment(id)}`, query: { action: 'goto' }, signal });
  }

  async stopPreset(signal?: AbortSignal): Promise<void> {
    await this.#client.call({ path: '/system/presets', query: { action: 'stop' }, signal });
  }

  get #must(): string {
    if (this.#lens !== null) return this.#lens;
    throw new WindhoverError('ptz_unsupported', 'not supported by the camera: zoom', {
      hint: 'set the option `lens`',
    });
  }
}

/** Into [-180, 180): the seam is behind the home position rather than in it. */
export function signedDeg(deg: number): number {
  return ((((deg + 180) % 360) + 360) % 360) - 180;
}

/** Into [0, 360), as the API has pan angles. */
export function compassDeg(deg: number): number {
  return ((deg % 360) + 360) % 360;
}

/** Hundredths are finer than any head; more digits are noise, and 360 is none of the API's angles. */
function round(value: number): number {
  const rounded = Math.round(value * 100) / 100;
  return rounded === 360 ? 0 : rounded;
}

function listed(data: unknown): [string, unknown][] {
  return isRecord(data) ? Object.entries(data) : [];
}

function numberIn(data: unknown, ...names: string[]): number | null {
  for (const name of names) {
    const value = isRecord(data) ? data[name] : undefined;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
  }
  return null;
}
