import type { Gate } from './auth/gate.ts';
import type { Traits } from './quirks.ts';
import type { PtzUnit } from './services/ptz-unit.ts';
import type { VirtualCamera } from './virtual-camera.ts';

/** What both interfaces of the camera, ONVIF and the Octagon API, work on. */
export interface CameraParts {
  readonly camera: VirtualCamera;
  /** The head that requests move. */
  readonly unit: PtzUnit;
  readonly gate: Gate;
  readonly traits: Traits;
  readonly version: string;
}

/** What an interface answers, SOAP or JSON text. */
export interface DeviceAnswer {
  readonly status: number;
  readonly body: string;
  /** Values of `WWW-Authenticate`, one header each. */
  readonly challenges: readonly string[];
}
