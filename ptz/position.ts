/** Position of a camera from another source than its driver: positions and commands over two protocols. */
import type { Capabilities, PtzDriver, PtzStatus } from './driver.ts';
import type { CameraLook } from './network/camera.ts';

export interface PositionLook extends CameraLook {
  /** Why there is no position; null when there is one. */
  readonly reason: string | null;
}

/** Looks only: it never moves anything. */
export interface PositionSource {
  /** For messages. */
  readonly name: string;
  readonly unit: Capabilities['positionUnit'];
  /** Never fails because of the source: the fault is in `reason`. */
  look(signal: AbortSignal): Promise<PositionLook>;
  close(): void;
}

const NEVER = new AbortController().signal;

/**
 * The driver with positions from another source. Commands and link stay those of the driver: a
 * source that fails costs the position and nothing else.
 * @param source null: no positions at all
 */
export function withPosition(driver: PtzDriver, source: PositionSource | null): PtzDriver {
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
      return source === null || !look
        ? { ...status, pan: null, tilt: null, zoom: null }
        : withLook(status, source, look);
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

function merged(capabilities: Capabilities, source: PositionSource | null, first: PositionLook | null): Capabilities {
  const { verdict } = capabilities;
  const told = source === null ? 'positions are switched off' : `positions come from ${source.name}`;
  const failed = source !== null && first?.reason != null ? [notice(source, first.reason)] : [];
  return {
    positionUnit: source?.unit ?? capabilities.positionUnit,
    position: source !== null,
    leaseMs: capabilities.leaseMs,
    verdict: { ...verdict, notes: [...verdict.notes, told, ...failed] },
  };
}

function withLook(status: PtzStatus, source: PositionSource, look: PositionLook): PtzStatus {
  const { pan, tilt, zoom, moving, atMs, reason } = look;
  const notes = reason === null ? status.notes : [...(status.notes ?? []), notice(source, reason)];
  return {
    ...status,
    ...{ atMs: reason === null ? atMs : status.atMs, pan, tilt },
    zoom: zoom ?? status.zoom,
    moving: status.moving ?? moving,
    ...(notes ? { notes } : {}),
  };
}

function notice({ name }: PositionSource, reason: string): string {
  return `no position from ${name}: ${reason}`;
}
