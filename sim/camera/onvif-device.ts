/** The ONVIF side of the camera, without HTTP: SOAP text in, SOAP text and status out. */
import type { Gate, LoginAttempt, Refusal } from './auth/gate.ts';
import type { CameraParts, DeviceAnswer } from './parts.ts';
import { deviceService } from './services/device-service.ts';
import { mediaService } from './services/media-service.ts';
import type { Operation, Service } from './services/operation.ts';
import { ptzService } from './services/ptz-service.ts';
import type { PtzUnit } from './services/ptz-unit.ts';
import { notAuthorized, notSupported, SoapFault } from './soap/fault.ts';
import { NS } from './soap/names.ts';
import { readRequest, type SoapRequest } from './soap/request.ts';
import { el, envelope } from './soap/write-xml.ts';
import type { VirtualCamera } from './virtual-camera.ts';

export interface SoapCall extends Omit<LoginAttempt, 'security'> {
  readonly text: string;
  /** `http://host:port`, as the client called the camera. */
  readonly origin: string;
}

/** An operation that was executed or refused, for observers. */
export interface CallRecord {
  readonly operation: string;
  /** On the camera's own time. */
  readonly timeS: number;
  /** Subcodes of the fault; empty when it went well. */
  readonly fault: readonly string[];
}

type ServicePrefix = 'tds' | 'trt' | 'tptz';

export class OnvifDevice {
  readonly gate: Gate;
  /** The latest call that was to move something. */
  lastMove: CallRecord | null = null;
  /** How often each operation was asked for, well-formed ones only. */
  readonly calls = new Map<string, number>();
  /** The head that the requests move. */
  readonly unit: PtzUnit;
  readonly #camera: VirtualCamera;
  readonly #services: Readonly<Record<ServicePrefix, Service>>;

  constructor(parts: CameraParts) {
    this.gate = parts.gate;
    this.#camera = parts.camera;
    this.unit = parts.unit;
    this.#services = { tds: deviceService(parts), trt: mediaService(parts), tptz: ptzService(parts) };
  }

  /** Answers a request; its faults are in the answer. */
  answer(call: SoapCall): DeviceAnswer {
    try {
      const request = readRequest(call.text);
      const { prefix, operation } = this.#find(request);
      const refusal = operation.access === 'open' ? null : this.gate.refusal({ ...call, security: request.security });
      if (refusal) return refused(refusal);
      return { status: 200, body: this.#run(prefix, operation, request, call.origin), challenges: [] };
    } catch (error) {
      if (!(error instanceof SoapFault)) throw error;
      return { status: error.status, body: error.toXml(), challenges: [] };
    }
  }

  /** Records a move that came over another protocol. */
  record(call: CallRecord): void {
    this.calls.set(call.operation, (this.calls.get(call.operation) ?? 0) + 1);
    this.lastMove = call;
  }

  /** After the power came back: logins are forgotten, and the head goes home. */
  restart(): void {
    this.gate.reset();
    this.unit.goHome({ panTilt: undefined, zoom: undefined });
  }

  #find({ service, operation: name }: SoapRequest): { prefix: ServicePrefix; operation: Operation } {
    const prefix = (['tds', 'trt', 'tptz'] as const).find((each) => NS[each] === service);
    if (!prefix) throw new SoapFault('Sender', ['UnknownAction'], `unknown service: ${service.slice(0, 100)}`);
    const operation = Object.hasOwn(this.#services[prefix], name) ? this.#services[prefix][name] : undefined;
    if (!operation) throw notSupported();
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    return { prefix, operation };
  }

  #run(prefix: ServicePrefix, operation: Operation, { operation: name, body }: SoapRequest, origin: string): string {
    const isMove = prefix === 'tptz' && /Move$|^Stop$|^Goto/.test(name);
    const record = (fault: readonly string[]) => {
      if (isMove) this.lastMove = { operation: name, timeS: this.#camera.nowS(), fault };
    };
    try {
      const xml = envelope(el(`${prefix}:${name}Response`, operation.run(body, origin)));
      record([]);
      return xml;
    } catch (error) {
      if (error instanceof SoapFault) record(error.subcodes);
      throw error;
    }
  }
}

function refused({ status, reason, challenges }: Refusal): DeviceAnswer {
  return { status, body: notAuthorized(reason).toXml(), challenges };
}
