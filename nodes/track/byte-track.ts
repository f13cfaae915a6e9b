/**
 * ByteTrack as a pure stepper: detections of one frame and its time in, the tracks seen in that frame out.
 *
 * Method: Zhang et al. 2022, "ByteTrack: Multi-Object Tracking by Associating Every Detection Box". Each frame:
 *
 *   1. predict every track to the time of the frame
 *   2. match all tracks with detections of high confidence (IoU times confidence); small boxes as they are, then grown
 *   3. match what is left of the tracked ones with detections of low confidence (IoU): occluded objects stay alive
 *   4. match what is still left of the tracks with high detections of other labels: a label is the model's guess
 *   5. match tracks that were partly hidden with what comes out behind the edge
 *   6. match tracks seen once with what is left of the high detections: confirmed and given an id, or dropped
 *   7. start tracks from what is still left; those of the very first frame are confirmed at once
 *   8. of a seen and a lost track on the same spot, keep the older
 *
 * Small boxes are grown before they are compared, since an object of a few pixels easily moves by more than its own
 * size between two frames (the buffered IoU of Yang et al. 2023; here only boxes below a size are grown, to that size).
 *
 * All durations are seconds and the time between frames is the real one. The stepper holds no clock and draws no random
 * numbers: the same input gives the same output.
 */
import type { Detection, DetectionClasses, Size, Track } from '../../runtime/node.ts';
import { byConfidence } from './by-confidence.ts';
import { commonShift } from './common-shift.ts';
import { cutSides } from './cut-sides.ts';
import { duplicates, noteTwins } from './duplicates.ts';
import { pairFast, proveFast } from './fast-start.ts';
import type { FrameFacts } from './frame-facts.ts';
import { LabelEvidence } from './label-evidence.ts';
import { isLookedAt } from './looked-at.ts';
import { Matcher, type MatchRules } from './matching.ts';
import type { TrackOptions } from './options.ts';
import { comingOut } from './partial-hiding.ts';
import { Tracklet, type TrackletState } from './tracklet.ts';

export interface StepResult {
  /** Confirmed tracks that were matched in this frame, by rising id. */
  readonly tracks: readonly Track[];
  /** All confirmed tracks that may be matched in later frames, and for how long. */
  readonly remembered: readonly { readonly id: number; readonly forS: number }[];
  /** Detections left out: not finite, or without an area. */
  readonly invalid: number;
  /** True when more than `lost_after_s` passed since the frame before: every track was dropped. */
  readonly gap: boolean;
}

/** A tracker at rest between two frames. */
export interface ByteTrackState {
  readonly nextId: number;
  readonly frameTimeS: number;
  readonly nowS: number;
  readonly started: boolean;
  readonly shakenS: number;
  /** Ties to other tracks are places in this list; -1: none of them. */
  readonly tracklets: readonly {
    readonly state: TrackletState;
    readonly twins: readonly number[];
    readonly launch: { readonly from: number; readonly velocity: { readonly x: number; readonly y: number } } | null;
  }[];
}

/** How much a track ages by a frame whose time stands still or goes back, so that lost tracks end even then. */
const LEAST_STEP_S = 0.001;
/** Rounding of summed times. */
const TIME_SLACK_S = 1e-9;
/** Boxes are compared as if no side were shorter than this part of the way that the camera has moved the picture … */
const UNSURE = 0.6;
/** … up to this share of the frame width. */
const MOST_UNSURE = 0.12;
/** Least IoU of a track and a detection of another label on its spot. */
const RELABEL_IOU = 0.5;
const STILL = { x: 0, y: 0 } as const;
/** A camera that has shaken is taken to go on for so long. */
const SHAKING_S = 1;

export class ByteTrack {
  readonly #options: TrackOptions;
  readonly #matcher = new Matcher();
  /** In the order in which they started. */
  #tracklets: Tracklet[] = [];
  #nextId: number;
  /** Last finite time given; NaN before the first. */
  #frameTimeS = Number.NaN;
  /** Seconds on our own clock, which rises with every frame whatever the given time does. */
  #nowS = 0;
  #started = false;
  /** When all boxes were last found shifted, on our own clock. */
  #shakenS = Number.NEGATIVE_INFINITY;
  /** Of the present frame: boxes are compared as if no side were shorter. */
  #leastSidePx = 0;
  /** Size of the present frame in pixels; 0 while unknown. */
  #frame: Size = { w: 0, h: 0 };
  #classes: DetectionClasses | null = null;

  /** @param nextId the first id to give out, from 1 */
  constructor(options: TrackOptions, nextId = 1) {
    this.#options = options;
    this.#nextId = nextId;
  }

  /** All of it but its options as plain data; see {@link from}. */
  get state(): ByteTrackState {
    const place = (tracklet: Tracklet) => this.#tracklets.indexOf(tracklet);
    return {
      nextId: this.#nextId,
      frameTimeS: this.#frameTimeS,
      nowS: this.#nowS,
      started: this.#started,
      shakenS: this.#shakenS,
      tracklets: this.#tracklets.map(({ state, twins, launch }) => ({
        state,
        twins: twins.map(place).filter((at) => at >= 0),
        launch: launch && { from: place(launch.from), velocity: launch.velocity },
      })),
    };
  }

  /** A tracker that goes on from such a state. */
  static from(state: ByteTrackState, options: TrackOptions): ByteTrack {
    const { nextId, frameTimeS, nowS, started, shakenS, tracklets } = state;
    const tracker = new ByteTrack(options, nextId);
    tracker.#frameTimeS = frameTimeS;
    tracker.#nowS = nowS;
    tracker.#started = started;
    tracker.#shakenS = shakenS;
    const all = tracklets.map(({ state }) => Tracklet.from(state, options));
    tracker.#tracklets = all;
    for (const [i, tracklet] of all.entries()) {
      const { twins = [], launch = null } = tracklets[i] ?? {};
      tracklet.twins = twins.flatMap((at) => all[at] ?? []);
      // A first sighting that is no track any more has no id either.
      tracklet.launch = launch && { from: all[launch.from] ?? tracklet, velocity: launch.velocity };
    }
    return tracker;
  }

  /** The id that the next confirmed track will get: all ids below are used up. */
  get nextId(): number {
    return this.#nextId;
  }

  /**
   * Takes in one frame.
   * @param timeS media time of the frame in seconds. A time that is not finite, stands still or goes back (a source
   *   that starts over) moves no track.
   * @param detections boxes in source pixels; they are not kept
   */
  step(timeS: number, detections: readonly Detection[], facts: FrameFacts = {}): StepResult {
    const motion = facts.motion ?? null;
    const widthPx = facts.widthPx ?? 0;
    this.#frame = { w: widthPx, h: facts.heightPx ?? 0 };
    const unsurePx = Math.min(MOST_UNSURE * widthPx, UNSURE * (motion?.wayPx ?? 0));
    this.#leastSidePx = Math.max(this.#options.least_match_size * widthPx, unsurePx);
    this.#classes = facts.classes ?? null;
    if (motion !== null) for (const tracklet of this.#tracklets) tracklet.follow(motion);
    const beforeS = this.#frameTimeS;
    const gap = this.#advance(timeS);
    const { high, low, invalid } = byConfidence(detections, this.#options);
    this.#followShake(high, widthPx);

    const known: Tracklet[] = [];
    const fresh: Tracklet[] = [];
    for (const tracklet of this.#tracklets) (tracklet.status === 'new' ? fresh : known).push(tracklet);
    // As for a second sighting, only a box of their own size will do: another view may show something else there.
    const away = known.filter((t) => t.status === 'tracked' && !isLookedAt(t, facts.views));
    for (const t of away) t.status = 'away';
    const { match_iou, low_match_iou, confirm_match_iou, fuse_confidence } = this.#options;
    const rules = this.#rules(match_iou, fuse_confidence);
    // What overlaps as it is comes first, or a neighbour takes the place of one that is not seen.
    const rest = this.#isGrown(high, unsurePx) ? this.#match(known, high, { ...rules, leastSidePx: unsurePx }) : high;
    const ofLabel = this.#match(this.#unseen(known), rest, rules);
    const missed = this.#unseen(known);
    this.#match(this.#unseen(missed, 'tracked'), low, this.#rules(low_match_iou, false));
    const anyLabel = this.#rules(Math.max(match_iou, RELABEL_IOU), false, false);
    const others = this.#barsLabels ? this.#match(this.#unseen(missed), ofLabel, anyLabel) : ofLabel;
    const unmatched = this.#seeComingOut(this.#unseen(missed), others);
    this.#lose(this.#unseen(missed, 'tracked'));
    for (const t of away) t.status = 'tracked';
    const secondRules = this.#rules(confirm_match_iou, fuse_confidence);
    const unconfirmed = this.#match(fresh, unmatched, secondRules);
    const unproven = fresh.filter((t) => t.status === 'new');
    const unclaimed = proveFast(unproven, unconfirmed, this.#matcher, secondRules, this.#nowS);
    this.#tracklets = [...known, ...unproven.filter((t) => !isLookedAt(t, facts.views))];
    for (const tracklet of fresh) if (tracklet.status === 'tracked') this.#confirm(tracklet);
    const started = unclaimed.flatMap((detection) => this.#start(detection) ?? []);
    if (started.length > 0) {
      const singles = this.#unseen([...unproven, ...known]).filter((t) => t.sightings === 1);
      pairFast(singles, started, { widthPx, nowS: this.#nowS, barsLabels: this.#barsLabels });
    }
    this.#dropDuplicates();
    this.#started = true;

    const seen = this.#tracklets.filter((t) => t.status === 'tracked');
    seen.sort((a, b) => a.id - b.id);
    const dtS = this.#frameTimeS - beforeS;
    const drift = (x: number, y: number) => (motion && dtS > 0 ? motion.drift({ x, y }, dtS) : STILL);
    return { tracks: seen.map((t) => t.toTrack(drift)), remembered: this.#remembered(), invalid, gap };
  }

  /** Whether boxes are compared larger than they are for being small. */
  #isGrown(detections: readonly Detection[], unsurePx: number): boolean {
    const leastPx = this.#leastSidePx;
    return leastPx > unsurePx && detections.some(({ bboxPx }) => Math.min(bboxPx.w, bboxPx.h) < leastPx);
  }

  #followShake(detections: readonly Detection[], widthPx: number): void {
    const isShaking = this.#nowS - this.#shakenS < SHAKING_S;
    const shift = commonShift(this.#tracklets, detections, { widthPx, nowS: this.#nowS, isShaking });
    if (shift === null) return;
    this.#shakenS = this.#nowS;
    for (const tracklet of this.#tracklets) tracklet.shift(shift);
  }

  /** These tracks are over: what is seen from now on is another one. */
  drop(ids: readonly number[]): void {
    this.#tracklets = this.#tracklets.filter(({ id }) => !ids.includes(id));
  }

  #remembered(): StepResult['remembered'] {
    const sinceS = this.#nowS - this.#options.lost_after_s;
    const remembered = this.#tracklets.map(({ id, seenS }) => ({ id, forS: seenS - sinceS }));
    return remembered.filter(({ id, forS }) => id > 0 && forS > TIME_SLACK_S);
  }

  /** Moves the clock and every track on; returns true when the time since the last frame exceeds `lost_after_s`. */
  #advance(timeS: number): boolean {
    const passedS = timeS - this.#frameTimeS;
    const dtS = passedS > 0 && Number.isFinite(passedS) ? passedS : 0;
    if (Number.isFinite(timeS)) this.#frameTimeS = timeS;
    this.#nowS += Math.max(dtS, LEAST_STEP_S);
    const oldestS = this.#nowS - this.#options.lost_after_s - TIME_SLACK_S;
    this.#tracklets = this.#tracklets.filter((t) => t.seenS >= oldestS);
    for (const tracklet of this.#tracklets) tracklet.predict(dtS);
    return dtS > this.#options.lost_after_s;
  }

  /** Lets each matched track see its detection; returns the detections that no track took. */
  #match(tracklets: readonly Tracklet[], detections: readonly Detection[], rules: MatchRules): readonly Detection[] {
    return this.#matcher.match(tracklets, detections, rules, (tracklet, detection) =>
      tracklet.see(detection, this.#nowS, cutSides(detection.bboxPx, this.#frame)),
    );
  }

  /** Lets tracks that were partly hidden see what comes out; returns the detections that are left. */
  #seeComingOut(tracklets: readonly Tracklet[], detections: readonly Detection[]): readonly Detection[] {
    const found = comingOut(tracklets, detections, { nowS: this.#nowS, barsLabels: this.#barsLabels });
    for (const [detection, tracklet] of found) {
      tracklet.seeComingOut(detection, this.#nowS, cutSides(detection.bboxPx, this.#frame));
    }
    return found.size === 0 ? detections : detections.filter((detection) => !found.has(detection));
  }

  /** Those that no detection of this frame has matched so far. */
  #unseen(tracklets: readonly Tracklet[], status?: Tracklet['status']): Tracklet[] {
    return tracklets.filter((t) => t.seenS < this.#nowS && (status === undefined || t.status === status));
  }

  #rules(leastIou: number, fuse: boolean, barsLabels = this.#barsLabels): MatchRules {
    const { refind_size_ratio: refindSizeRatio } = this.#options;
    return { leastIou, fuse, leastSidePx: this.#leastSidePx, barsLabels, refindSizeRatio };
  }

  /** A label that is still being decided says nothing about which object it is. */
  get #barsLabels(): boolean {
    return this.#options.per_class && this.#classes === null;
  }

  #start(detection: Detection): Tracklet | null {
    if (detection.confidence < this.#options.new_track_confidence) return null;
    const classes = this.#classes;
    const evidence = classes === null ? null : new LabelEvidence(classes, this.#options, detection.label);
    const tracklet = new Tracklet(detection, this.#nowS, evidence);
    if (this.#started) this.#tracklets.push(tracklet);
    else this.#confirm(tracklet);
    return tracklet;
  }

  #confirm(tracklet: Tracklet): void {
    const from = tracklet.launch?.from;
    tracklet.launch = null;
    // An object of the first frame has its id already.
    const goesOn = from !== undefined && from.id > 0 && from.sightings === 1;
    if (goesOn) this.#tracklets = this.#tracklets.filter((other) => other !== from);
    tracklet.id = goesOn ? from.id : this.#nextId++;
    tracklet.status = 'tracked';
    this.#tracklets.push(tracklet);
  }

  /** @param tracklets all seen in the frame before */
  #lose(tracklets: readonly Tracklet[]): void {
    for (const tracklet of tracklets) tracklet.status = 'lost';
    noteTwins(tracklets, this.#tracklets, this.#options.duplicate_iou);
  }

  #dropDuplicates(): void {
    const dropped = duplicates(this.#tracklets, this.#options.duplicate_iou, this.#barsLabels);
    if (dropped.size > 0) this.#tracklets = this.#tracklets.filter((t) => !dropped.has(t));
  }
}
