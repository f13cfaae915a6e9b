/** The operations of the PTZ service that are used (ONVIF PTZ Service Specification, ver20), in shares of each axis. */
import { isZero, type Preset, type Velocity } from '../driver.ts';
import type { MotionEvidence } from '../network/motion-sense.ts';
import type { Connection } from './connect.ts';
import { Positions } from './positions.ts';
import type { Refusal } from './soap-answer.ts';
import { PTZ_NS, type SoapClient } from './soap-client.ts';
import { fromShare, type Space, scale, UNNAMED } from './spaces.ts';
import { all, at, escapeXml, tokenOf } from './xml.ts';

const TT_NS = 'http://www.onvif.org/ver10/schema';

/** Shares of the axes' ranges, 0 to 1; axes that are left out stay. */
export interface Shares {
  readonly pan?: number | undefined;
  readonly tilt?: number | undefined;
  readonly zoom?: number | undefined;
}

/** Positions are null when not said, nil, or no positions at all; `saysMoving` is its MoveStatus. */
export type RawStatus = MotionEvidence;

/** The parts of a command, as XML; empty: not in it. */
interface Parts {
  readonly panTilt: string;
  readonly zoom: string;
  /** Speed of pan and tilt. */
  readonly speed?: string;
  readonly timeout?: string;
  /** The zoom moves already: it must get this. */
  readonly isZooming?: boolean;
}

export class PtzCalls {
  /** What turned out to be odd, in plain words. */
  readonly notes: string[] = [];
  readonly positions: Positions;
  readonly #client: SoapClient;
  readonly #connection: Connection;
  /** Commands with a zoom were refused: none has one any more. */
  #isZoomRefused = false;
  /** What velocities have set in motion since the last stop. */
  #moving = { panTilt: false, zoom: false };

  constructor(client: SoapClient, connection: Connection) {
    this.#client = client;
    this.#connection = connection;
    this.positions = new Positions(connection.spaces, this.notes);
  }

  get canTranslate(): boolean {
    return this.#connection.spaces.translation !== null;
  }

  /**
   * Names the axes that move, or have moved and are to stand; at a velocity of zero all that there are.
   * @param timeoutMs null: without. @param withZoom names the zoom in any case, to see that this is taken
   */
  async continuous(
    velocity: Velocity,
    timeoutMs: number | null,
    signal?: AbortSignal,
    withZoom = false,
  ): Promise<Refusal | null> {
    const { velocity: space, zoomVelocity, timeoutMinMs } = this.#connection.spaces;
    const { pan, tilt, zoom } = velocity;
    const before = this.#moving;
    const now = { panTilt: pan !== 0 || tilt !== 0, zoom: zoom !== 0 };
    // Set first: also a request without an answer may move it.
    this.#moving = { panTilt: before.panTilt || now.panTilt, zoom: before.zoom || now.zoom };
    const isStop = isZero(velocity);
    const seconds = (Math.max(timeoutMs ?? 0, timeoutMinMs) / 1000).toFixed(3);
    const refusal = await this.#move('ContinuousMove', 'Velocity', signal, {
      panTilt: isStop || this.#moving.panTilt ? this.#turn(space, pan, tilt) : '',
      zoom: isStop || withZoom || this.#moving.zoom ? zoomBy(zoomVelocity, zoom) : '',
      isZooming: before.zoom,
      timeout: timeoutMs === null ? '' : `<Timeout>PT${seconds}S</Timeout>`,
    });
    if (refusal === null) this.#moving = now;
    return refusal;
  }

  /** Taken only with a proper answer: silence may mean that it knows no Stop. */
  async stop(signal?: AbortSignal): Promise<Refusal | null> {
    const refusal = await this.#ask(
      'Stop',
      `<PanTilt>true</PanTilt>${this.#hasZoom ? '<Zoom>true</Zoom>' : ''}`,
      signal,
    );
    if (refusal === null) this.#moving = { panTilt: false, zoom: false };
    return refusal;
  }

  /** @param speed of full speed, by axis; null: as fast as the camera likes */
  async absolute(
    to: Shares,
    speed: { readonly pan: number; readonly tilt: number } | null,
    signal?: AbortSignal,
  ): Promise<Refusal | null> {
    const { space, zoomSpace } = this.positions;
    const { speed: speedSpace } = this.#connection.spaces;
    const { zoom } = to;
    const [pan, tilt] = [this.positions.fromOtherEnd('pan', to.pan), this.positions.fromOtherEnd('tilt', to.tilt)];
    const isTurn = space !== null && pan !== undefined && tilt !== undefined;
    return await this.#move('AbsoluteMove', 'Position', signal, {
      panTilt: isTurn ? vector('PanTilt', space, fromShare(pan, space.x), fromShare(tilt, space.y)) : '',
      zoom: zoom !== undefined && zoomSpace ? vector('Zoom', zoomSpace, fromShare(zoom, zoomSpace.x)) : '',
      speed:
        speed !== null && speedSpace
          ? `<Speed>${vector('PanTilt', speedSpace, scale(speed.pan, speedSpace.x), scale(speed.tilt, speedSpace.x))}</Speed>`
          : '',
    });
  }

  /** @param by pan and tilt in [-1, 1] of the translation space; zoom a share of the zoom range */
  async relative(kind: 'generic' | 'fov', by: Shares, signal?: AbortSignal): Promise<Refusal | null> {
    const { translation, translationFov, zoomTranslation } = this.#connection.spaces;
    const { pan = 0, tilt = 0, zoom = 0 } = by;
    const space = kind === 'fov' ? translationFov : translation;
    return await this.#move('RelativeMove', 'Translation', signal, {
      panTilt: space && (pan !== 0 || tilt !== 0) ? this.#turn(space, pan, tilt) : '',
      zoom: zoom === 0 ? '' : zoomBy(zoomTranslation, zoom),
    });
  }

  async gotoPreset(token: string, signal?: AbortSignal): Promise<Refusal | null> {
    return unlessMute(await this.#ask('GotoPreset', `<PresetToken>${escapeXml(token)}</PresetToken>`, signal));
  }

  async presets(signal?: AbortSignal): Promise<readonly Preset[]> {
    const body = await this.#client.call(this.#request('GetPresets', '', signal));
    return all(body, 'Preset').map((preset) => ({
      token: tokenOf(preset) ?? '',
      name: at(preset, 'Name')?.text ?? '',
    }));
  }

  /** Something that needs a login and moves nothing; the answer may be that it cannot. */
  async ping(signal?: AbortSignal): Promise<void> {
    await this.#client.ask(this.#request('GetStatus', '', signal));
  }

  async status(signal?: AbortSignal): Promise<RawStatus | Refusal> {
    const answer = await this.#client.ask(this.#request('GetStatus', '', signal));
    return answer.refusal ?? this.positions.read(answer.body);
  }

  get #hasZoom(): boolean {
    const { zoomVelocity, zoomPosition, zoomTranslation } = this.#connection.spaces;
    return !this.#isZoomRefused && (zoomVelocity ?? zoomPosition ?? zoomTranslation) !== null;
  }

  /**
   * Pan and tilt in one request with the zoom; where that is refused, each in its own, and no zoom any more where that
   * is the reason. With no axis to move there is nothing to send.
   */
  async #move(
    operation: string,
    element: string,
    signal: AbortSignal | undefined,
    parts: Parts,
  ): Promise<Refusal | null> {
    const { panTilt, speed = '', timeout = '', isZooming = false } = parts;
    const zoom = this.#isZoomRefused ? '' : parts.zoom;
    const send = async (axes: string, how: string) =>
      unlessMute(await this.#ask(operation, `<${element}>${axes}</${element}>${how}`, signal));
    if (panTilt === '' && zoom === '') return null;
    const refusal = await send(panTilt + zoom, (panTilt === '' ? '' : speed) + timeout);
    if (refusal === null || panTilt === '' || zoom === '') return refusal;
    if ((await send(panTilt, speed + timeout)) !== null) return refusal;
    const ofZoom = await send(zoom, timeout);
    if (ofZoom === null || isZooming) return ofZoom;
    this.#isZoomRefused = true;
    this.notes.push(`zooming is refused (${ofZoom.reason}): only pan and tilt are moved`);
    return null;
  }

  #turn(space: Space | null, pan: number, tilt: number): string {
    const { uri, x, y } = space ?? UNNAMED;
    return vector('PanTilt', { uri }, scale(pan, x), scale(tilt, y));
  }

  async #ask(operation: string, inside: string, signal: AbortSignal | undefined): Promise<Refusal | null> {
    const repeatable = operation !== 'RelativeMove';
    const answer = await this.#client.ask({ ...this.#request(operation, inside, signal), repeatable });
    return answer.refusal;
  }

  #request(operation: string, inside: string, signal: AbortSignal | undefined) {
    const { ptzUrl: url, profile } = this.#connection;
    const arguments_ = `<ProfileToken>${escapeXml(profile)}</ProfileToken>${inside}`;
    return { url, namespace: PTZ_NS, operation, inside: arguments_, signal };
  }
}

/** A move that is answered with a mere success is taken. */
function unlessMute(refusal: Refusal | null): Refusal | null {
  return refusal?.isMute ? null : refusal;
}

function zoomBy(space: Space | null, zoom: number): string {
  return space ? vector('Zoom', space, scale(zoom, space.x)) : '';
}

/** Numbers without exponents: few cameras read those. */
function vector(name: 'PanTilt' | 'Zoom', { uri }: Pick<Space, 'uri'>, x: number, y?: number): string {
  const second = y === undefined ? '' : ` y="${decimal(y)}"`;
  const space = uri === '' ? '' : ` space="${escapeXml(uri)}"`;
  return `<${name} x="${decimal(x)}"${second}${space} xmlns="${TT_NS}"/>`;
}

function decimal(value: number): string {
  return value
    .toFixed(6)
    .replace(/\.?0+$/, '')
    .replace(/^-0$/, '0');
}
