/** The graph of a pursuit, and what is known of its camera beforehand. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { CameraServer } from '../../sim/camera/server.ts';
import type { SceneFile } from '../../sim/scene/scene-file.ts';
import type { DarkProxy } from '../ptz/dark-proxy.ts';
import { graphText, testNode } from '../support/graphs.ts';
import { PASSWORD, USER } from './device.ts';

/** Of the pictures: small ones are drawn fast, and nobody looks at them. */
export const SIZE = { width: 160, height: 90 };

export interface ChaseOptions {
  readonly quirks?: readonly string[];
  readonly driver?: 'onvif' | 'octagon';
  readonly position?: 'octagon';
  /** Options of the driver, beside address and login. */
  readonly driverOptions?: Readonly<Record<string, unknown>>;
  /** Options of autotrack itself. */
  readonly autotrack?: Readonly<Record<string, unknown>>;
  /** What is known of the motors before, and for which rung. Null: nothing. */
  readonly known?: { readonly rung: string; readonly plant: ReturnType<typeof plantOf> } | null;
  /** Of the quirks, for a plant to be made by. */
  readonly delayMs?: number;
  readonly scene?: SceneFile;
  readonly fps?: number;
  /** The password that the camera wants; the graph has {@link PASSWORD}. */
  readonly cameraPassword?: string;
  /** It is off at first. */
  readonly isOff?: boolean;
  /** Pictures come from a camera of their own, which sees the same: it has no quirks and no network that fails. */
  readonly hasOwnEyes?: boolean;
  /** A node before autotrack, in its worker, hangs on demand: `Chase.stall`. */
  readonly stalls?: boolean;
}

/** From a command to the first picture that shows it: the motors' own delay, and what two busy processes add. */
const DELAY_MS = 90;

/** What a calibration would find out about the camera of the test scenes, steered by that rung. */
export function plantOf(rung: string, latencyMs = 0) {
  // What full speed is: the motors', or what the driver makes of it on a rung of short moves (0.1 of the axis a second;
  // half a picture a second).
  const [pan, tilt] = rung === 'velocity' ? [90, 60] : rung === 'relative-fov' ? [30, 16.9] : [36, 11];
  const delayMs = DELAY_MS + latencyMs;
  return {
    pan: { gainPerS: pan, rampS: pan / 300, delayMs },
    tilt: { gainPerS: tilt, rampS: tilt / 240, delayMs },
    zoom: { gainPerS: 1.5, rampS: 0, delayMs },
  };
}

export interface Parts {
  readonly pictures: CameraServer;
  readonly control: DarkProxy;
  readonly video: DarkProxy;
  readonly blindFile: string;
  readonly stallFile: string;
}

export function graphOf(options: ChaseOptions, { pictures, control, video, blindFile, stallFile }: Parts): string {
  const { driver = 'onvif', position, driverOptions, autotrack, fps = 8 } = options;
  const login = { url: `127.0.0.1:${control.port}`, username: USER, password: PASSWORD };
  const camera = { url: `http://127.0.0.1:${video.port}`, size: [SIZE.width, SIZE.height], fps, timeout_s: 2 };
  const sections = {
    driver,
    [driver]: { ...login, ...driverOptions },
    ...(position ? { position, [position]: login } : {}),
  };
  const node = (use: string, from?: string | string[], params = {}) => JSON.stringify({ use, from, with: params });
  return graphText({
    source: node('virtual-ptz', undefined, camera),
    decode: node('decode', 'source'),
    detect: node(testNode('truth-detect'), 'decode', { camera: pictures.origin, blind_while: blindFile }),
    track: node('track', 'detect'),
    ...(options.stalls ? { stalls: node(testNode('stalls'), 'track', { file: stallFile }) } : {}),
    autotrack: node('autotrack', options.stalls ? 'stalls' : 'track', {
      ...sections,
      calibrate: false,
      search_s: 0,
      ...autotrack,
    }),
    publish: node('publish', ['track', 'autotrack']),
  });
}

/** As an earlier run would have left it. */
export function keep(
  stateFolder: string,
  known: ChaseOptions['known'] = { rung: 'velocity', plant: plantOf('velocity') },
): void {
  if (known === null) return;
  const file = `${stateFolder}/cam/autotrack.json`;
  mkdirSync(dirname(file), { recursive: true });
  const { rung, plant } = known;
  writeFileSync(file, JSON.stringify({ version: 1, rung, plant, repeatability: 1, atUnixMs: 1_730_000_000_000 }));
}
