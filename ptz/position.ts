/**
 * Position of a camera from another source than its driver: positions over one protocol, commands over
 * another, the same head.
 */
import type { Capabilities, Offset, Place, PtzDriver, PtzStatus } from './driver.ts';
import { unsupported } from './network/network-driver.ts';

export interface PositionLook {
  /** When it pointed there, on our monotonic clock. */
  readonly atMs: number;
  /** In the source's unit; null: it does not say. */
  readonly pan: number | null;
  readonly tilt: number | null;
  /** 0 wide to 1 tele. */
  readonly zoom: number | null;
  readonly moving: boolean | null;
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
 * source that fails costs the position and nothing else. Moves to a position are not possible: the driver's numbers are
 * not the source's.
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
      return source === null || !look ? { ...status, ...NOWHERE } : withLook(status, source, look);
    },
    async moveRelative(offset: Offset, signal?: AbortSignal) {
      if (offset.space === 'position') throw unsupported('relative moves without its own positions');
      await driver.moveRelative(offset, signal);
    },
    async moveAbsolute(place: Place, signal?: AbortSignal) {
      if (place.pan !== undefined || place.tilt !== undefined) {
        throw unsupported('moves to a position from another source');
      }
      await driver.moveAbsolute(place, signal);
    },
    moveVelocity: (velocity, leaseMs, signal) => driver.moveVelocity(velocity, leaseMs, signal),
    stop: (signal) => driver.stop(signal),
    gotoPreset: (token, signal) => driver.gotoPreset(token, signal),
    presets: (signal) => driver.presets(signal),
    async close() {
      source?.close();
      await driver.close();
    },
  };
}

const NOWHERE = { pan: null, tilt: null, zoom: null } as const;

function merged(capabilities: Capabilities, source: PositionSource | null, first: PositionLook | null): Capabilities {
  const { verdict } = capabilities;
  const told = source === null ? 'positions are switched off' : `positions come from ${source.name}`;
  const failed = source !== null && first?.reason != null ? [notice(source, first.reason)] : [];
  return {
    ...capabilities,
    positionUnit: source?.unit ?? capabilities.positionUnit,
    position: source !== null,
    absolute: false,
    relative: capabilities.relative.filter((space) => space !== 'position'),
    verdict: { ...verdict, notes: [...verdict.notes, told, ...failed] },
  };
}

function withLook(status: PtzStatus, source: PositionSource, look: PositionLook): PtzStatus {
  const { pan, tilt, zoom, atMs, reason } = look;
  const notes = reason === null ? status.notes : [...(status.notes ?? []), notice(source, reason)];
  const rest = {
    ...status,
    pan,
    tilt,
    zoom: zoom ?? status.zoom,
    moving: status.moving ?? look.moving,
    ...(notes ? { notes } : {}),
  };
  // Its own time belongs to the driver's position, which is not here.
  return { ...rest, atMs: reason === null ? atMs : status.atMs, cameraUnixMs: null };
}

function notice({ name }: PositionSource, reason: string): string {
  return `no position from ${name}: ${reason}`;
}
