/**
 * Which tracks are in which zones, frame by frame. Pure stepper: one instance per camera; times are arguments, in ms on
 * a clock that only rises.
 *
 *     outside ──anchor inside──▶ inside (in the zone after loiter) ──outside by more than the margin──▶ outside
 *                    any ──zone suspended, or another label──▶ outside
 */
import { angleOf, type Box, directionOf, type Size, type Track } from '../../runtime/node.ts';
import type { CameraMoment } from './camera-history.ts';
import { distanceDeg } from './direction.ts';
import { outlineOf, type ZonesOptions } from './options.ts';
import { type Point, type Polygon, signedDistance } from './polygon.ts';

/**
 * Why a zone can't be judged. `moving`, `settling`: the picture is not what it was drawn on. `other_preset`: the camera
 * is not known to rest at its preset. `pose_unknown`: its direction or field of view is unknown. `no_camera`: no node
 * reports one.
 */
export type Suspension = 'moving' | 'settling' | 'other_preset' | 'pose_unknown' | 'no_camera';

export interface ZoneFrame {
  readonly atMs: number;
  readonly size: Size;
  /** Null: no node has reported a camera; it counts as fixed. */
  readonly camera: CameraMoment | null;
}

export interface ZoneStep {
  /** Names of the zones that each track is in, in the order of the tracks and of the zones. */
  readonly zones: readonly (readonly string[])[];
  /** The suspended zones by name. */
  readonly suspended: ReadonlyMap<string, Suspension>;
}

export interface KnownTracks {
  /** When each track was seen last. */
  readonly seenMs: ReadonlyMap<number, number>;
  /** By name of the zone, since when each track is inside. */
  readonly insideSinceMs: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

interface Zone {
  readonly name: string;
  readonly space: 'image' | 'pan_tilt';
  readonly outline: Polygon;
  readonly preset: string | undefined;
  readonly anchor: 'centre' | 'bottom';
  readonly labels: ReadonlySet<string> | undefined;
  readonly loiterMs: number;
  /** Since when each track is inside, by track id. */
  readonly insideSinceMs: Map<number, number>;
}

/** A track that was unseen for longer is forgotten. */
const FORGET_MS = 60_000;
/** On the border is inside; so much is a rounding error, in px or degrees. */
const ON_BORDER = 1e-9;

export class ZoneStepper {
  #zones: readonly Zone[] = [];
  #hysteresis = 0;
  readonly #seenMs: Map<number, number>;

  /** @param tracks what another stepper knew of them */
  constructor(options: ZonesOptions, tracks: KnownTracks = { seenMs: new Map(), insideSinceMs: new Map() }) {
    this.#seenMs = new Map(tracks.seenMs);
    this.change(options, tracks.insideSinceMs);
  }

  /** What is known of the tracks. */
  get tracks(): KnownTracks {
    return {
      seenMs: this.#seenMs,
      insideSinceMs: new Map(this.#zones.map(({ name, insideSinceMs }) => [name, insideSinceMs])),
    };
  }

  /** Other zones from now on; in those of the same name, tracks stay as long as they have been. */
  change({ zones, hysteresis }: ZonesOptions, known = this.tracks.insideSinceMs): void {
    this.#hysteresis = hysteresis;
    this.#zones = Object.entries(zones).map(([name, zone]) => ({
      name,
      space: zone.points ? 'image' : 'pan_tilt',
      outline: outlineOf(zone),
      preset: zone.preset,
      anchor: zone.anchor,
      labels: zone.labels && new Set(zone.labels),
      loiterMs: zone.loiter_s * 1000,
      insideSinceMs: new Map(known.get(name)),
    }));
  }

  step(tracks: readonly Track[], frame: ZoneFrame): ZoneStep {
    this.#forget(tracks, frame.atMs);
    const suspended = new Map<string, Suspension>();
    const found: string[][] = tracks.map(() => []);
    for (const zone of this.#zones) {
      const why = suspensionOf(zone, frame.camera);
      if (why) {
        // Unknown whether it is still inside. A track that is inside afterwards enters again.
        suspended.set(zone.name, why);
        zone.insideSinceMs.clear();
        continue;
      }
      for (const [i, track] of tracks.entries()) if (this.#isIn(zone, track, frame)) found[i]?.push(zone.name);
    }
    return { zones: found, suspended };
  }

  #isIn(zone: Zone, track: Track, frame: ZoneFrame): boolean {
    const sinceMs = zone.insideSinceMs.get(track.id);
    const margin = sinceMs === undefined ? 0 : this.#hysteresis;
    const isInside =
      (zone.labels?.has(track.label) ?? true) && outsideBy(zone, track.bboxPx, frame, margin) <= ON_BORDER;
    if (!isInside) {
      zone.insideSinceMs.delete(track.id);
      return false;
    }
    if (sinceMs === undefined) zone.insideSinceMs.set(track.id, frame.atMs);
    return frame.atMs - (sinceMs ?? frame.atMs) >= zone.loiterMs;
  }

  #forget(tracks: readonly Track[], nowMs: number): void {
    for (const { id } of tracks) this.#seenMs.set(id, nowMs);
    for (const [id, seenMs] of this.#seenMs) {
      if (nowMs - seenMs <= FORGET_MS) continue;
      this.#seenMs.delete(id);
      for (const zone of this.#zones) zone.insideSinceMs.delete(id);
    }
  }
}

function suspensionOf({ space, preset }: Zone, camera: CameraMoment | null): Suspension | undefined {
  if (space === 'pan_tilt') return camera ? (camera.pose ? undefined : 'pose_unknown') : 'no_camera';
  if (!camera) return preset === undefined ? undefined : 'no_camera';
  if (camera.isMoving) return 'moving';
  if (camera.isSettling) return 'settling';
  return preset === undefined || preset === camera.preset ? undefined : 'other_preset';
}

/**
 * How far outside the zone a box is, in px or degrees; up to 0: inside. @param margin share of the box's size that is
 * given away
 */
function outsideBy(zone: Zone, box: Box, { size, camera }: ZoneFrame, margin: number): number {
  const anchorPx = anchorOf(box, zone.anchor, size);
  const marginPx = margin * Math.sqrt(Math.max(0, box.w) * Math.max(0, box.h));
  if (zone.space === 'image') {
    const point = { x: anchorPx.x / size.w, y: anchorPx.y / size.h };
    return signedDistance(zone.outline, point, { x: size.w, y: size.h }) - marginPx;
  }
  if (!camera?.pose) return Number.POSITIVE_INFINITY;
  const direction = directionOf(camera.pose, size, anchorPx);
  return distanceDeg(zone.outline, direction) - angleOf(camera.pose.hfovDeg, marginPx / size.w);
}

/** Boxes may reach beyond the frame, zones end with it: what is seen of an object lies inside. */
function anchorOf({ x, y, w, h }: Box, anchor: Zone['anchor'], size: Size): Point {
  const below = anchor === 'bottom' ? h : h / 2;
  return { x: Math.min(size.w, Math.max(0, x + w / 2)), y: Math.min(size.h, Math.max(0, y + below)) };
}
