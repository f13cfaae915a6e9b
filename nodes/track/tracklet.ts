/** One object as the tracker follows it: a filtered box, a label by vote or by evidence, and when it was seen. */
import type { Box, Detection, Track } from '../../runtime/node.ts';
import { type CutSides, UNCUT } from './cut-sides.ts';
import type { PictureMotion } from './ego-motion.ts';
import { BoxKalman } from './kalman.ts';
import { type EvidenceState, LabelEvidence, type LabelRules } from './label-evidence.ts';
import { type Partial, partialOf, SEEN_IN_FULL, type Whole, wholeAfter } from './partial-hiding.ts';

/**
 * `new`: seen once, not published yet. `tracked`: seen in the last frame. `away`: the same, and this frame does not show its
 * place. `lost`: unseen, may be found again.
 */
export type TrackletStatus = 'new' | 'tracked' | 'away' | 'lost';

/** A first sighting elsewhere, and the velocity (pixels per second) by which the object came from there. */
export interface Launch {
  readonly from: Tracklet;
  readonly velocity: { readonly x: number; readonly y: number };
}

export interface TrackletState {
  readonly fields: Omit<Tracklet, 'twins' | 'launch' | 'state' | TrackletMethods>;
  readonly filter: Float64Array<ArrayBuffer>;
  readonly votes: Map<string, number>;
  readonly evidence: EvidenceState | null;
}
type TrackletMethods = 'predict' | 'follow' | 'shift' | 'see' | 'seeFast' | 'seeComingOut' | 'toTrack';

/** Jitter of a box between two frames, as a share of its side. */
const BOX_JITTER = 0.2;
/** A second sighting further off than this share of the side shows a velocity, which the filter would be slow to believe. */
const JUMP = 0.6;
/** Relative error of a computed camera motion, one standard deviation. */
const UNSURE = 0.2;
/** A shift that goes on is a motion: it is learnt in about so many seconds. */
const SHIFT_LEARNT_S = 0.5;

export class Tracklet {
  /** 0 until the track is confirmed. */
  id = 0;
  status: TrackletStatus = 'new';
  label: string;
  /** Of the last detection that matched. */
  confidence: number;
  /** Seconds on the tracker's own clock. */
  startS: number;
  seenS: number;
  // Edges of the predicted or filtered box in pixels: what the matching compares, so read far more often than changed.
  left = 0;
  top = 0;
  right = 0;
  bottom = 0;
  /** How often it has been seen. */
  sightings = 1;
  /** The box of the last sighting and of the one before, as measured; and when that one was. */
  measured: Box;
  before: Box | null = null;
  beforeS = Number.NEGATIVE_INFINITY;
  /** Tracks that were on the same spot when this one was last seen: perhaps the same object. */
  twins: readonly Tracklet[] = [];
  /** Set while it may be the second sighting of an object that moves fast, and once that is proven. */
  launch: Launch | null = null;
  /** How it was when last seen in full. */
  whole: Whole | null = null;
  /** Set while a part of it is hidden, but not by the border of the frame. */
  partial: Partial | null = null;
  readonly #filter: BoxKalman;
  /** Summed confidence by label. */
  #votes = new Map<string, number>();
  readonly #evidence: LabelEvidence | null;

  /** @param evidence decides the label from class probabilities; null: the label is voted for */
  constructor(detection: Detection, nowS: number, evidence: LabelEvidence | null) {
    this.#evidence = evidence;
    this.#filter = new BoxKalman(detection.bboxPx);
    this.label = detection.label;
    this.confidence = detection.confidence;
    this.measured = detection.bboxPx;
    this.startS = nowS;
    this.seenS = nowS;
    this.#name(detection, nowS);
    this.#readEdges();
  }

  /** All of it but its ties to other tracks, as plain data; see {@link from}. */
  get state(): TrackletState {
    const { twins: _twins, launch: _launch, ...fields } = this;
    return { fields, filter: this.#filter.state, votes: this.#votes, evidence: this.#evidence?.state ?? null };
  }

  /** A track that goes on from such a state. */
  static from({ fields, filter, votes, evidence }: TrackletState, rules: LabelRules): Tracklet {
    const { label, confidence, measured: bboxPx, startS } = fields;
    const known = evidence && LabelEvidence.from(evidence, rules);
    const tracklet = new Tracklet({ label, confidence, bboxPx }, startS, known);
    tracklet.#filter.state = filter;
    tracklet.#votes = votes;
    return Object.assign(tracklet, fields);
  }

  predict(dtS: number): void {
    this.#filter.predict(dtS, this.status !== 'tracked');
    this.#readEdges();
  }

  /** The camera has moved since the frame before. */
  follow(motion: PictureMotion): void {
    const { centreX, centreY } = this.#filter;
    const moved = motion.move({ x: centreX, y: centreY });
    if (moved === null) return;
    const wayPx = Math.hypot(moved.x - centreX, moved.y - centreY);
    this.#filter.move(moved.x, moved.y, motion.scale, wayPx * UNSURE);
    this.#readEdges();
  }

  /** All boxes have moved by the same way beyond what was expected: were it to go on, that would soon be expected. */
  shift({ x, y }: { readonly x: number; readonly y: number }): void {
    const { centreX, centreY } = this.#filter;
    this.#filter.move(centreX + x, centreY + y, 1, 0);
    this.#filter.push(x / SHIFT_LEARNT_S, y / SHIFT_LEARNT_S);
    this.#readEdges();
  }

  /** Takes in the detection of this frame. */
  see(detection: Detection, nowS: number, cut: CutSides): void {
    const jump = this.sightings === 1 ? this.#jumpTo(detection.bboxPx, cut) : null;
    this.launch = null;
    if (jump === null) this.#filter.update(detection.bboxPx, cut);
    else this.#launch(detection.bboxPx, jump, nowS - this.seenS);
    this.#note(detection, nowS, cut);
  }

  /** From the first sighting to the second, in pixels; null: so little that it may be jitter. */
  #jumpTo({ x, y, w, h }: Box, cut: CutSides): { readonly x: number; readonly y: number } | null {
    const jumpX = moved(x - this.left, x + w - this.right, cut.left, cut.right);
    const jumpY = moved(y - this.top, y + h - this.bottom, cut.top, cut.bottom);
    const isFar =
      Math.abs(jumpX) > JUMP * (this.right - this.left) || Math.abs(jumpY) > JUMP * (this.bottom - this.top);
    return isFar ? { x: jumpX, y: jumpY } : null;
  }

  /** Takes in the detection that proves a fast motion: pixels per second. */
  seeFast(detection: Detection, nowS: number, velocity: { readonly x: number; readonly y: number }): void {
    const dtS = nowS - this.seenS;
    this.#launch(detection.bboxPx, { x: velocity.x * dtS, y: velocity.y * dtS }, dtS);
    this.#note(detection, nowS, UNCUT);
  }

  /** Takes in the first part that comes out from behind an edge: the side that leads is free, the other one is held up. */
  seeComingOut(detection: Detection, nowS: number, cut: CutSides): void {
    if (this.partial === null) return;
    const { bboxPx } = detection;
    const {
      velocity: { x, y },
      hides,
    } = this.partial;
    const dtS = nowS - this.seenS;
    const isWhole = bboxPx[hides] >= SEEN_IN_FULL * (this.whole?.[hides] ?? 0);
    const [growX, growY] = [isWhole || hides === 'h' ? 0 : Math.abs(x), isWhole || hides === 'w' ? 0 : Math.abs(y)];
    this.#launch(bboxPx, { x: (growX > 0 ? x / 2 : x) * dtS, y: (growY > 0 ? y / 2 : y) * dtS }, dtS);
    this.#filter.grow(growX, growY);
    this.#note(detection, nowS, cut);
  }

  #launch(box: Box, way: { readonly x: number; readonly y: number }, dtS: number): void {
    this.#filter.launch(box, way.x / dtS, way.y / dtS, (BOX_JITTER * Math.max(box.w, box.h)) / dtS);
  }

  #note(detection: Detection, nowS: number, cut: CutSides): void {
    const { velocityX: x, velocityY: y, growthX, growthY } = this.#filter;
    this.whole = wholeAfter(this.whole, detection.bboxPx, { x, y }, nowS, nowS - this.seenS);
    const isCut = cut.left || cut.right || cut.top || cut.bottom;
    this.partial = isCut ? null : partialOf(this.whole, detection.bboxPx, { x, y }, { x: growthX, y: growthY });
    this.confidence = detection.confidence;
    this.before = this.measured;
    this.beforeS = this.seenS;
    this.measured = detection.bboxPx;
    this.sightings += 1;
    this.seenS = nowS;
    this.status = 'tracked';
    this.#name(detection, nowS);
    this.#readEdges();
  }

  /** @param drift of the picture at a place, pixels a second: the filter's velocity is that of the object alone */
  toTrack(drift: (x: number, y: number) => { readonly x: number; readonly y: number }): Track {
    const { centreX, centreY, velocityX, velocityY } = this.#filter;
    const { x, y } = drift(centreX, centreY);
    return {
      id: this.id,
      label: this.label,
      confidence: this.confidence,
      bboxPx: { x: this.left, y: this.top, w: this.right - this.left, h: this.bottom - this.top },
      velocityPxPerS: { x: velocityX + x, y: velocityY + y },
    };
  }

  #name(detection: Detection, nowS: number): void {
    const { classProbabilities, confidence } = detection;
    if (this.#evidence === null) {
      this.#vote(detection);
    } else {
      if (classProbabilities !== undefined) this.#evidence.see(classProbabilities, confidence, nowS);
      this.label = this.#evidence.label;
    }
  }

  #vote(detection: Detection): void {
    const sum = (this.#votes.get(detection.label) ?? 0) + detection.confidence;
    this.#votes.set(detection.label, sum);
    // Only the label just voted for can overtake; at a tie the present label stays.
    if (sum > (this.#votes.get(this.label) ?? 0)) this.label = detection.label;
  }

  #readEdges(): void {
    const { centreX, centreY, width, height } = this.#filter;
    this.left = centreX - width / 2;
    this.top = centreY - height / 2;
    this.right = centreX + width / 2;
    this.bottom = centreY + height / 2;
  }
}

/** How far a side or the centre has moved: a side that is cut off by the border says nothing. */
function moved(start: number, end: number, cutStart: boolean, cutEnd: boolean): number {
  if (cutStart && cutEnd) return 0;
  if (cutStart) return end;
  return cutEnd ? start : (start + end) / 2;
}
