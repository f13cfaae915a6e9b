/**
 * A scene described as data: what the sky looks like and what flies in it.
 *
 * Coordinates are angles seen from the camera's place: pan in degrees to the right, tilt in degrees up, the horizon at
 * tilt 0. The background and the flights live in that space and the camera only chooses the part that is seen, so a
 * camera that moves sees the same world. A picture is a function of (scene, time, camera) and nothing else.
 */
import type { Pose } from '../../runtime/geometry.ts';
import type { Knot, Sway } from './paths.ts';

/** Red, green, blue in 0–255. */
export type Rgb = readonly [number, number, number];

/** Where a camera looks, and how wide its picture is. */
export type CameraPose = Pose;

export type SpriteKind = 'quadcopter' | 'airplane';

/** A knot of a flight: where the object's centre is, and how wide it looks from its left to its right end. */
export interface FlightKnot extends Knot {
  readonly panDeg: number;
  readonly tiltDeg: number;
  readonly spanDeg: number;
}

export interface SceneObject {
  /** Unique in its scene. */
  readonly id: number;
  readonly label: string;
  readonly sprite: SpriteKind;
  readonly color: Rgb;
  /** The object is there from the first to the last knot; with `repeats` it starts again after the last one. */
  readonly flight: readonly FlightKnot[];
  readonly repeats?: boolean;
  /** Small oscillation on top of the flight, as of a multicopter that holds its place. */
  readonly sway?: Sway;
}

export interface SkyStop {
  readonly tiltDeg: number;
  readonly rgb: Rgb;
}

export interface BackgroundLook {
  /** Colours by tilt, rising; linear in between. At least one. */
  readonly sky: readonly SkyStop[];
  readonly clouds: {
    /** Part of the sky that they cover, in [0, 1]. */
    readonly cover: number;
    readonly bright: Rgb;
    readonly shaded: Rgb;
    /** How fast they move to the right. */
    readonly driftDegPerS: number;
  };
  readonly ground: {
    /** The far skyline's colour; what lies between is a mixture. */
    readonly far: Rgb;
    /** Trees and the ground's own colour. */
    readonly near: Rgb;
    readonly windows: Rgb;
    /** Part of the windows with a light, in [0, 1]. */
    readonly lit: number;
  };
}

export interface Scene {
  /** Decides the clouds and the skyline. */
  readonly seed: number;
  readonly background: BackgroundLook;
  readonly objects: readonly SceneObject[];
}

/** Size of a picture in pixels; both even, because colour has half the resolution. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}
