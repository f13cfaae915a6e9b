/** Cases of `ptz/` in simulated time: the seam of a pan that goes round, zoom at the edges, a pass overhead. */
import { join } from 'node:path';
import { Value } from '@sinclair/typebox/value';
import { controlOptions } from '../../nodes/autotrack/control/options.ts';
import { Steering } from '../../nodes/autotrack/steering.ts';
import type { Box, Track } from '../../runtime/data.ts';
import { type PlantSpec, readPlants, type TargetPath } from '../autotrack/files.ts';
import { calibrate, WindhoverContestant } from '../autotrack/ours.ts';
import type { Frame } from '../autotrack/plant.ts';
import { type Contestant, runCase } from '../autotrack/run.ts';
import type { Case } from './case.ts';

export function controlCases(): Case[] {
  return [seamCase(), ...zoomCases(), longLensCase(), ...overheadCases()];
}

/** How a pan that goes round tells its position: on and on, or again from -180° after 180°. */
function seamCase(): Case {
  return {
    name: 'ptz/32-seam',
    expected: 'with the seam as without: found again at about 16.6 s, travel about 342°',
    isSlow: false,
    run: () => {
      const [on, round] = [lostBeyond(false), lostBeyond(true)];
      const words = ({ foundS, travelDeg }: typeof on) =>
        `${foundS === null ? 'never found' : `found at ${foundS.toFixed(1)} s`}, travel ${travelDeg.toFixed(0)}°`;
      const isAlike = Math.abs((round.foundS ?? 99) - (on.foundS ?? -99)) < 1;
      return {
        pass: isAlike && Math.abs(round.travelDeg - on.travelDeg) < 20,
        got: `without: ${words(on)}; with: ${words(round)}`,
      };
    },
  };
}

const PICTURE = { w: 1280, h: 720 };
const FOCAL_PX = PICTURE.w / 2 / Math.tan(Math.PI / 6);
const LAG_MS = 150;

/** Followed to 188°, unseen from 8.5 to 14 s, then there again under another id. */
function lostBeyond(goesRound: boolean): { foundS: number | null; travelDeg: number } {
  const steering = new Steering(
    {
      ...Value.Create(controlOptions),
      auto: true,
      required_zones: [],
      labels: [],
      min_confidence: 0.3,
      min_age_s: 0.2,
      grace_s: 2,
      hold_s: 4,
      search_s: 10,
      return_after_s: 100,
      stationary_release_s: 0,
      hasHome: false,
    },
    null,
  );
  const motor = (gainPerS: number, rampS: number) => ({ gainPerS, rampS, delayMs: LAG_MS });
  steering.plant = { pan: motor(60, 0.3), tilt: motor(40, 0.3), zoom: motor(3, 0) };
  const head = { pan: 150, tilt: 10, panRate: 0, tiltRate: 0, endsMs: 0 };
  const underWay: { atMs: number; pan: number; tilt: number }[] = [];
  let travelDeg = 0;
  let foundS: number | null = null;
  for (let ms = 0; ms < 30_000; ms += 10) {
    for (let next = underWay[0]; next && next.atMs <= ms; next = underWay[0]) {
      underWay.shift();
      Object.assign(head, { panRate: next.pan * 60, tiltRate: next.tilt * 40, endsMs: ms + 1000 });
    }
    if (ms > head.endsMs) Object.assign(head, { panRate: 0, tiltRate: 0 });
    head.pan += head.panRate * 0.01;
    head.tilt += head.tiltRate * 0.01;
    travelDeg += Math.abs(head.panRate) * 0.01;
    const status = ms % 200 === 0 ? { atMs: ms, panDeg: told(head.pan, goesRound), tiltDeg: head.tilt } : undefined;
    if (ms % 80 === 0) {
      const times = { mediaTimeS: ms / 1000, captureUnixMs: ms, captureMonoMs: ms, decodedMonoMs: ms };
      steering.see({ index: ms / 80, ...times, size: PICTURE }, inPicture(ms / 1000, head), ms, true);
      if (ms > 14_000 && steering.selection?.id === 2) foundS ??= ms / 1000;
    }
    if (ms % 40 !== 0 && !status) continue;
    const { command } = steering.decide(ms, { canMove: true, isAway: false, isHome: false }, status);
    if (!command) continue;
    steering.sent(command, ms);
    underWay.push({ atMs: ms + LAG_MS, pan: command.pan, tilt: command.tilt });
  }
  return { foundS, travelDeg };
}

function told(panDeg: number, goesRound: boolean): number {
  return goesRound ? ((((panDeg + 180) % 360) + 360) % 360) - 180 : panDeg;
}

function inPicture(timeS: number, head: { pan: number; tilt: number }): Track[] {
  const right = ((150 + 4 * Math.min(timeS, 9.5) - head.pan) * Math.PI) / 180;
  const up = ((10 - head.tilt) * Math.PI) / 180;
  if ((timeS >= 8.5 && timeS <= 14) || Math.abs(right) >= 0.5) return [];
  const x = PICTURE.w / 2 + FOCAL_PX * Math.tan(right);
  const y = PICTURE.h / 2 - FOCAL_PX * Math.tan(up);
  const bboxPx = { x: x - 30, y: y - 20, w: 60, h: 40 };
  return [{ id: timeS > 14 ? 2 : 1, label: 'drone', confidence: 0.9, bboxPx, velocityPxPerS: { x: 0, y: 0 } }];
}

/** Boxes end at the border of the picture, as a detector's do. */
class Clipped implements Contestant {
  readonly zooms: number[] = [];
  readonly #inner: WindhoverContestant;
  /** In each picture: whether the target is in it. */
  readonly seen: boolean[] = [];

  constructor(spec: PlantSpec, zoom: boolean, stated: PlantSpec = spec) {
    this.#inner = new WindhoverContestant(stated, calibrate(spec, zoom), zoom);
  }

  frame(nowMs: number, frame: Frame) {
    this.zooms.push(frame.pose.zoomX);
    this.seen.push(frame.bbox !== null);
    return this.#inner.frame(nowMs, { ...frame, bbox: frame.bbox && clipped(frame.bbox) });
  }

  tick(nowMs: number) {
    return this.#inner.tick(nowMs);
  }

  /** How often the zoom changed its direction. */
  get turns(): number {
    const ways = this.zooms.map((zoom, i) => Math.sign(zoom - (this.zooms[i - 1] ?? zoom))).filter((way) => way !== 0);
    return ways.filter((way, i) => i > 0 && way !== ways[i - 1]).length;
  }
}

function clipped({ x, y, w, h }: Box): Box | null {
  const [left, top] = [Math.max(0, x), Math.max(0, y)];
  const box = { x: left, y: top, w: Math.min(1, x + w) - left, h: Math.min(1, y + h) - top };
  return box.w > 0 && box.h > 0 ? box : null;
}

function zoomCases(): Case[] {
  const swings = Array.from({ length: 300 }, (_, i): TargetPath['target'][number] => [
    i / 10,
    0,
    5,
    2 * (1 + 0.33 * Math.sin((i / 10) * Math.PI)),
  ]);
  const paths: readonly TargetPath[] = [
    {
      name: 'approaches until it is 40° wide',
      target: [
        [0, 0, 5, 1],
        [10, 0, 5, 1],
        [20, 0, 5, 40],
        [30, 0, 5, 40],
      ],
    },
    { name: 'swings in size by 1.4 every 2 s', target: swings },
    {
      name: 'stays as it is',
      target: [
        [0, 0, 5, 1],
        [30, 0, 5, 1],
      ],
    },
  ];
  return ['medium-200ms', 'fast-300ms'].flatMap((plant) =>
    paths.map((path) => ({
      name: `ptz/33-zoom: ${plant}, ${path.name}`,
      expected: 'never out of the picture, the zoom turns round at most twice in 30 s',
      isSlow: true,
      run: () => {
        const spec = plantOf(plant);
        const contestant = new Clipped(spec, true);
        const { off_frame_share: off, rms } = runCase(spec, path, contestant);
        const got = `out ${(100 * off).toFixed(0)} % of the time, rms ${(100 * rms).toFixed(1)} %, ${contestant.turns} turns`;
        return { pass: off === 0 && contestant.turns <= 2, got };
      },
    })),
  );
}

/** The lens magnifies more than the option says, and its zoom runs at another pace towards its end. */
function longLensCase(): Case {
  return {
    name: 'ptz/33-zoom: max_zoom 10 of a lens of 30',
    expected: 'never out of the picture',
    isSlow: true,
    run: () => {
      const medium = plantOf('medium-200ms');
      const spec = { ...medium, zoom: { max_x: 30, rate_x_s: 3 } };
      const stated = { ...medium, zoom: { max_x: 10, rate_x_s: 3 } };
      const contestant = new Clipped(spec, true, stated);
      const target: TargetPath['target'] = [
        [0, 0, 5, 0.3],
        [10, 10, 5, 0.3],
        [30, 30, 8, 0.3],
      ];
      const { off_frame_share: off, rms } = runCase(spec, { name: 'far', target }, contestant);
      const most = Math.max(...contestant.zooms);
      const got = `out ${(100 * off).toFixed(0)} % of the time, rms ${(100 * rms).toFixed(1)} %, zoom up to ${most.toFixed(1)}`;
      return { pass: off === 0, got };
    },
  };
}

/** Overhead at 70°, 84° and 88°: 1 km high, 10 km out, a minute long. */
function overheadCases(): Case[] {
  return [0.36, 0.1, 0.035].map((asideKm) => ({
    name: `ptz/33-overhead: passes ${asideKm * 1000} m beside the zenith`,
    expected: 'in sight in all of the last 50 pictures',
    isSlow: true,
    run: () => {
      const spec = plantOf('fast-100ms');
      const contestant = new Clipped(spec, false);
      const { rms } = runCase(spec, { name: 'overhead', target: overhead(asideKm) }, contestant);
      const inSight = contestant.seen.slice(-50).filter(Boolean).length;
      return { pass: inSight === 50, got: `in ${inSight} of the last 50, rms ${(100 * rms).toFixed(1)} %` };
    },
  }));
}

function overhead(asideKm: number): TargetPath['target'] {
  const panAt = (timeS: number) => (Math.atan2(asideKm, 10 - timeS / 3) * 180) / Math.PI;
  return Array.from({ length: 601 }, (_, i) => {
    const timeS = i / 10;
    const tilt = (Math.atan2(1, Math.hypot(asideKm, 10 - timeS / 3)) * 180) / Math.PI;
    return [timeS, panAt(timeS) - panAt(0), tilt, 2];
  });
}

function plantOf(name: string): PlantSpec {
  const plant = readPlants(join(import.meta.dir, '../autotrack/plants.json')).find((each) => each.name === name);
  if (!plant) throw new Error(`no plant ${name}`);
  return plant;
}
