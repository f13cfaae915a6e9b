/**
 * The same head over the Octagon HTTP API (Infiniti, protocol 2.19): JSON under `/api`, HTTP Basic, no state between
 * calls. Faults of the request have their HTTP status; failures of a device are 200 with
 * `success: false`.
 */
import type { CallRecord } from '../onvif-device.ts';
import type { CameraParts, DeviceAnswer } from '../parts.ts';
import { SoapFault } from '../soap/fault.ts';
import { ApiError } from './api-error.ts';
import { Arguments } from './arguments.ts';
import { OctagonHead } from './octagon-head.ts';

export const API_PATH = '/api';

export interface ApiCall {
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly text: string;
}

const PAN_TILT = 'pantilt';
const LENS = 'visible';

export class OctagonDevice {
  readonly #parts: CameraParts;
  readonly #record: (call: CallRecord) => void;
  readonly #head: OctagonHead;
  #requests = 0;

  /** @param record takes note of each move */
  constructor(parts: CameraParts, record: (call: CallRecord) => void) {
    this.#parts = parts;
    this.#record = record;
    this.#head = new OctagonHead(parts.camera, parts.unit);
  }

  /** Answers a call; its faults are in the answer. */
  answer(call: ApiCall): DeviceAnswer {
    const { gate } = this.#parts;
    const refusal = gate.basicRefusal(call.authorization);
    if (refusal)
      return { ...failed(new ApiError(401, 'UNAUTHORIZED', refusal.reason)), challenges: refusal.challenges };
    try {
      const data = this.#route(call);
      return { status: 200, body: JSON.stringify({ success: true, data }), challenges: [] };
    } catch (error) {
      if (error instanceof ApiError) return failed(error);
      // Refused by the head: a preset name in use, or too many presets.
      if (error instanceof SoapFault) return failed(new ApiError(200, 'DEVICE_ERROR', error.message));
      throw error;
    }
  }

  #route({ method, url, text }: ApiCall): unknown {
    if (method !== 'GET' && method !== 'POST') throw new ApiError(405, 'METHOD_NOT_ALLOWED', 'GET and POST only');
    const [kind, name, what, ...rest] = url.pathname
      .slice(API_PATH.length + 1)
      .split('/')
      .map(decoded);
    const query = new Arguments(url.searchParams);
    if (rest.length === 0 && kind === 'devices') {
      if (name === undefined) return { [PAN_TILT]: this.#describe(PAN_TILT), [LENS]: this.#describe(LENS) };
      const body = method === 'POST' ? Arguments.ofBody(text) : null;
      if (name === PAN_TILT) return this.#panTilt(what, query, body);
      if (name === LENS) return this.#lens(what, query, body);
      throw new ApiError(404, 'NOT_FOUND', `there is no device ${name}`);
    }
    if (rest.length === 0 && kind === 'system' && name === 'presets') return this.#presets(what, query);
    throw new ApiError(404, 'NOT_FOUND', `there is no ${url.pathname}`);
  }

  #panTilt(what: string | undefined, query: Arguments, body: Arguments | null): unknown {
    if (what === 'position') {
      this.#serialLine();
      if (body === null) return this.#spelled(this.#head.position());
      const [pan, tilt] = [body.needed('pan', 0, 360), body.needed('tilt', -90, 90)];
      return this.#moves('position', () => this.#head.goTo(pan, tilt, body.number('speed', 1, 100)));
    }
    const command = query.text('command');
    if (command === null) return this.#describe(PAN_TILT);
    this.#serialLine();
    if (command === 'stop') return this.#moves('stop', () => this.#head.stop('pan', 'tilt'));
    if (command === 'home') return this.#moves('home', () => this.#head.goTo(0, 0, null));
    if (command !== 'move') throw unknownCommand(command);
    const speed = query.number('speed', 0, 100) ?? 100;
    const panSpeed = query.number('panSpeed', 0, 100) ?? speed;
    const tiltSpeed = query.number('tiltSpeed', 0, 100) ?? speed;
    return this.#moves('move', () => this.#head.move(query.text('direction') ?? '', panSpeed, tiltSpeed));
  }

  #lens(what: string | undefined, query: Arguments, body: Arguments | null): unknown {
    if (what === 'position') {
      this.#serialLine();
      if (body === null) return this.#head.lens();
      const [zoom, focus] = [body.number('zoom', 0, 100), body.number('focus', 0, 100)];
      return this.#moves('lens', () => this.#head.setLens(zoom, focus));
    }
    const command = query.text('command');
    if (command === null) return this.#describe(LENS);
    this.#serialLine();
    if (command === 'stop') return this.#moves('stopLens', () => this.#head.stop('zoom'));
    if (command === 'zoomTele') return this.#moves(command, () => this.#head.zoom(1));
    if (command === 'zoomWide') return this.#moves(command, () => this.#head.zoom(-1));
    throw unknownCommand(command);
  }

  #presets(id: string | undefined, query: Arguments): unknown {
    const action = query.text('action');
    if (action === null && id === undefined) return this.#head.presets();
    if (action === 'stop') return this.#moves('stopPreset', () => this.#head.stop('pan', 'tilt', 'zoom'));
    if (action === 'goto' && id !== undefined) return this.#moves('gotoPreset', () => this.#head.gotoPreset(id));
    if (action === 'set' && id !== undefined) return { id: this.#head.setPreset(id, query.text('name')) };
    throw unknownCommand(action ?? '');
  }

  /** A device behind a serial line is busy at times; the system itself is not. */
  #serialLine(): void {
    const every = this.#parts.traits.octagonBusyEvery;
    this.#requests++;
    if (every > 0 && this.#requests % every === 0) throw new ApiError(200, 'DEVICE_BUSY', 'Device is busy');
  }

  #moves(operation: string, run: () => void): undefined {
    run();
    this.#record({ operation: `octagon ${operation}`, timeS: this.#parts.camera.nowS(), fault: [] });
    return undefined;
  }

  #spelled({ pan, tilt }: { readonly pan: number; readonly tilt: number }) {
    const isPlain = this.#parts.traits.octagonNames === 'plain';
    return isPlain ? { pan, tilt } : { panPosition: pan, tiltPosition: tilt };
  }

  #describe(name: string) {
    const { gate, version } = this.#parts;
    return {
      status: 'CONNECTED',
      model: `Virtual ${name}`,
      serialNumber: '0001',
      firmwareVersion: version,
      lastMessage: new Date(gate.cameraUnixMs()).toISOString(),
    };
  }
}

function failed(error: ApiError): DeviceAnswer {
  const { status, code, message } = error;
  return { status, body: JSON.stringify({ success: false, error: { code, message } }), challenges: [] };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ApiError(400, 'INVALID_ARGUMENT', 'the path is not well encoded');
  }
}

function unknownCommand(command: string): ApiError {
  return new ApiError(400, 'UNKNOWN_COMMAND', `there is no command '${command.slice(0, 64)}'`);
}
