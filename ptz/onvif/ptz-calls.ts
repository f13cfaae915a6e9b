/** The operations of the PTZ service that are used (ONVIF PTZ Service Specification, ver20), in shares of each axis. */
import type { Preset, Velocity } from '../driver.ts';
import type { MotionEvidence } from '../network/motion-sense.ts';
import { type Connection, configurationOptions, PTZ_NS } from './connect.ts';
import type { Answer, Refusal, SoapClient } from './soap-client.ts';
import { fromShare, type Mirrored, type Range, type Space, scale, toShare } from './spaces.ts';
import { all, at, escapeXml, numberOf, type XmlElement } from './xml.ts';

const TT_NS = 'http://www.onvif.org/ver10/schema';

/** Shares of the axes' ranges, 0 to 1; axes that are left out stay. */
export interface Shares {
  readonly pan?: number | undefined;
  readonly tilt?: number | undefined;
  readonly zoom?: number | undefined;
}

/** Positions are null when not said, nil, or far outside of the camera's own limits; `saysMoving` is its MoveStatus. */
export type RawStatus = MotionEvidence;

/** Further outside of its limits than this share of the range, a position is noise. */
const OUTSIDE = 0.25;

export class PtzCalls {
  readonly #client: SoapClient;
  readonly #connection: Connection;
  readonly #signs: { readonly pan: 1 | -1; readonly tilt: 1 | -1 };
  /** Axes whose positions run the other way than their velocities: their shares count from the other end. */
  mirrored: Mirrored = { pan: false, tilt: false };
  /** The space that positions come in; found by the first status. */
  #position: Space | null;

  /** @param reversed axes to be told the opposite of what is wanted */
  constructor(client: SoapClient, connection: Connection, reversed: Mirrored) {
    this.#client = client;
    this.#connection = connection;
    this.#signs = { pan: reversed.pan ? -1 : 1, tilt: reversed.tilt ? -1 : 1 };
    this.#position = connection.spaces.positions[0] ?? null;
  }

  get positionSpace(): Space | null {
    return this.#position;
  }

  /** @param timeoutMs null: without */
  async continuous(velocity: Velocity, timeoutMs: number | null, signal?: AbortSignal): Promise<Refusal | null> {
    const { velocity: space, zoomVelocity } = this.#connection.spaces;
    const { zoom } = velocity;
    const [pan, tilt] = this.#turned(velocity.pan, velocity.tilt);
    const panTilt = space ? vector('PanTilt', space.uri, scale(pan, space.x), scale(tilt, space.y)) : '';
    const zooming = zoomVelocity ? vector('Zoom', zoomVelocity.uri, scale(zoom, zoomVelocity.x)) : '';
    const timeout = timeoutMs === null ? '' : `<Timeout>PT${(timeoutMs / 1000).toFixed(3)}S</Timeout>`;
    return await this.#move('ContinuousMove', `<Velocity>${panTilt}${zooming}</Velocity>${timeout}`, signal);
  }

  async stop(signal?: AbortSignal): Promise<Refusal | null> {
    return await this.#move('Stop', '<PanTilt>true</PanTilt><Zoom>true</Zoom>', signal);
  }

  /** @param speed of full speed, by axis; null: as fast as the camera likes */
  async absolute(
    to: Shares,
    speed: { readonly pan: number; readonly tilt: number } | null,
    signal?: AbortSignal,
  ): Promise<Refusal | null> {
    const space = this.#position;
    const { zoomPosition: zoomSpace, speed: speedSpace } = this.#connection.spaces;
    const { zoom } = to;
    const pan = this.#fromOtherEnd('pan', to.pan);
    const tilt = this.#fromOtherEnd('tilt', to.tilt);
    const isTurn = space !== null && pan !== undefined && tilt !== undefined;
    const panTilt = isTurn ? vector('PanTilt', space.uri, fromShare(pan, space.x), fromShare(tilt, space.y)) : '';
    const zooming = zoom !== undefined && zoomSpace ? vector('Zoom', zoomSpace.uri, fromShare(zoom, zoomSpace.x)) : '';
    const slowly =
      speed !== null && speedSpace && isTurn
        ? `<Speed>${vector('PanTilt', speedSpace.uri, scale(speed.pan, speedSpace.x), scale(speed.tilt, speedSpace.x))}</Speed>`
        : '';
    return await this.#move('AbsoluteMove', `<Position>${panTilt}${zooming}</Position>${slowly}`, signal);
  }

  /** @param by pan and tilt in [-1, 1] of the translation space; zoom a share of the zoom range */
  async relative(kind: 'generic' | 'fov', by: Shares, signal?: AbortSignal): Promise<Refusal | null> {
    const { translation, translationFov, zoomTranslation } = this.#connection.spaces;
    const space = kind === 'fov' ? translationFov : translation;
    const { zoom = 0 } = by;
    const [pan, tilt] = this.#turned(by.pan ?? 0, by.tilt ?? 0);
    const panTilt =
      space && (pan !== 0 || tilt !== 0) ? vector('PanTilt', space.uri, scale(pan, space.x), scale(tilt, space.y)) : '';
    const zooming =
      zoomTranslation && zoom !== 0 ? vector('Zoom', zoomTranslation.uri, scale(zoom, zoomTranslation.x)) : '';
    return await this.#move('RelativeMove', `<Translation>${panTilt}${zooming}</Translation>`, signal);
  }

  async gotoPreset(token: string, signal?: AbortSignal): Promise<Refusal | null> {
    return await this.#move('GotoPreset', `<PresetToken>${escapeXml(token)}</PresetToken>`, signal);
  }

  async presets(signal?: AbortSignal): Promise<readonly Preset[]> {
    const body = await this.#client.call(this.#request('GetPresets', '', signal));
    return all(body, 'Preset').map((preset) => ({
      token: preset.attributes.get('token') ?? '',
      name: at(preset, 'Name')?.text ?? '',
    }));
  }

  /** Something that it has answered before, with a login, and that moves nothing. */
  async ping(signal?: AbortSignal): Promise<void> {
    const { ptzUrl: url, configuration } = this.#connection;
    await this.#client.call({ url, ...configurationOptions(configuration), signal });
  }

  async status(signal?: AbortSignal): Promise<RawStatus | Refusal> {
    const answer = await this.#client.ask(this.#request('GetStatus', '', signal));
    return answer.refusal ?? this.#readStatus(answer.body);
  }

  #readStatus(body: XmlElement): RawStatus {
    const panTilt = at(body, 'PTZStatus', 'Position', 'PanTilt');
    const zoom = at(body, 'PTZStatus', 'Position', 'Zoom');
    const named = panTilt?.attributes.get('space');
    this.#position = this.#connection.spaces.positions.find(({ uri }) => uri === named) ?? this.#position;
    const { zoomPosition } = this.#connection.spaces;
    const moves = at(body, 'PTZStatus', 'MoveStatus')?.children.map(({ text }) => text.toUpperCase()) ?? [];
    const known = moves.filter((move) => move === 'MOVING' || move === 'IDLE');
    return {
      pan: this.#fromOtherEnd('pan', share(panTilt?.attributes.get('x'), this.#position?.x)),
      tilt: this.#fromOtherEnd('tilt', share(panTilt?.attributes.get('y'), this.#position?.y)),
      zoom: share(zoom?.attributes.get('x'), zoomPosition?.x),
      saysMoving: known.length === 0 ? null : known.includes('MOVING'),
    };
  }

  #turned(pan: number, tilt: number): readonly [pan: number, tilt: number] {
    return [pan * this.#signs.pan, tilt * this.#signs.tilt];
  }

  #fromOtherEnd<T extends number | null | undefined>(axis: 'pan' | 'tilt', share: T): T | number {
    return this.mirrored[axis] && typeof share === 'number' ? 1 - share : share;
  }

  async #move(operation: string, inside: string, signal: AbortSignal | undefined): Promise<Refusal | null> {
    const answer: Answer = await this.#client.ask({
      ...this.#request(operation, inside, signal),
      repeatable: operation !== 'RelativeMove',
    });
    return answer.refusal;
  }

  #request(operation: string, inside: string, signal: AbortSignal | undefined) {
    const { ptzUrl: url, profile } = this.#connection;
    const xml = `<${operation} xmlns="${PTZ_NS}"><ProfileToken>${escapeXml(profile)}</ProfileToken>${inside}</${operation}>`;
    return { url, operation, xml, signal };
  }
}

/** Numbers without exponents: few cameras read those. */
function vector(name: 'PanTilt' | 'Zoom', space: string, x: number, y?: number): string {
  const second = y === undefined ? '' : ` y="${decimal(y)}"`;
  return `<${name} x="${decimal(x)}"${second} space="${escapeXml(space)}" xmlns="${TT_NS}"/>`;
}

function decimal(value: number): string {
  return value
    .toFixed(6)
    .replace(/\.?0+$/, '')
    .replace(/^-0$/, '0');
}

function share(text: string | undefined, range: Range | undefined): number | null {
  const value = numberOf(text);
  if (value === null || !range) return null;
  const found = toShare(value, range);
  return found < -OUTSIDE || found > 1 + OUTSIDE ? null : found;
}
