/** Position of a camera from Octagon beside another driver: positions and commands over two protocols. */
import { errorMessage, WindhoverError } from '../runtime/node.ts';
import type { Capabilities, PtzDriver, PtzStatus } from './driver.ts';
import type { CameraLook } from './network/camera.ts';
import { aborted } from './network/http.ts';
import { LinkState } from './network/link.ts';
import { OctagonApi } from './octagon/api.ts';
import { OctagonClient } from './octagon/client.ts';
import { OctagonEyes } from './octagon/look.ts';
import type { OctagonAddress } from './octagon/options.ts';
import type { DriverTime } from './time.ts';

interface PositionLook extends CameraLook {
  /** Why there is no position; null when there is one. */
  readonly reason: string | null;
}

/** Where an Octagon camera points, for a driver that moves it by other means. Looks only: it never moves anything. */
export class OctagonPosition {
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

  /** Never fails because of the source: the fault is in `reason`. */
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

const NEVER = new AbortController().signal;

/**
 * The driver with positions from another source. Commands and link stay those of the driver: a
 * source that fails costs the position and nothing else.
 * @param source null: no positions at all
 */
export function withPosition(driver: PtzDriver, source: OctagonPosition | null): PtzDriver {
  // Both may log in to the same camera: while it refuses the one, the other does not try either.
  let isRefused = false;
  return {
    async open(signal) {
      const capabilities = await driver.open(signal);
      return merged(capabilities, source, (await source?.look(signal ?? NEVER)) ?? null);
    },
    async status(signal) {
      const asked = isRefused ? null : source?.look(signal ?? NEVER);
      const [status, look] = await Promise.all([driver.status(signal), asked]);
      isRefused = status.link.state === 'refused';
      return source === null || !look ? { ...status, pan: null, tilt: null, zoom: null } : withLook(status, look);
    },
    velocity: (velocity, leaseMs, signal) => driver.velocity(velocity, leaseMs, signal),
    stop: () => driver.stop(),
    goTo: (preset, signal) => driver.goTo(preset, signal),
    async close() {
      source?.close();
      await driver.close();
    },
  };
}

function merged(capabilities: Capabilities, source: OctagonPosition | null, first: PositionLook | null): Capabilities {
  const { verdict } = capabilities;
  const told = source === null ? 'positions are switched off' : `positions come from octagon`;
  const failed = source !== null && first?.reason != null ? [notice(first.reason)] : [];
  return {
    positionUnit: source === null ? capabilities.positionUnit : 'degrees',
    position: source !== null,
    leaseMs: capabilities.leaseMs,
    verdict: { ...verdict, notes: [...verdict.notes, told, ...failed] },
  };
}

function withLook(status: PtzStatus, look: PositionLook): PtzStatus {
  const { pan, tilt, zoom, moving, atMs, reason } = look;
  const notes = reason === null ? status.notes : [...(status.notes ?? []), notice(reason)];
  return {
    ...status,
    ...{ atMs: reason === null ? atMs : status.atMs, pan, tilt },
    zoom: zoom ?? status.zoom,
    moving: status.moving ?? moving,
    ...(notes ? { notes } : {}),
  };
}

function notice(reason: string): string {
  return `no position from octagon: ${reason}`;
}
