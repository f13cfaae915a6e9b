/**
 * Finds a lost target again when the tracker gives it another id: a track that was never in a picture together with it,
 * about where the target should be, and about as large. Pure.
 */
import { type Direction, wrapDeg } from '../../runtime/node.ts';
import { type LostTarget, whereNow } from './search.ts';

export interface LostTrack extends LostTarget {
  readonly label: string;
  readonly widthDeg: number;
}

export interface Candidate extends Direction {
  readonly id: number;
  readonly label: string;
  readonly widthDeg: number;
  /** It was in a picture together with the target, and so is something else. */
  readonly isOther: boolean;
}

/** Least distance that counts as the same place, in widths of the picture; it grows while the target is away … */
const GATE = 0.12;
/** … by this much a second, … */
const GATE_PER_S = 0.1;
/** … up to this. */
const GATE_MOST = 0.6;
/** A track of another label has to be this much nearer. */
const OTHER_LABEL = 0.5;
const SIZE_RATIO = 2.2;

/** @returns id of the track that counts as the target, or null */
export function knownAgain(
  lost: LostTrack,
  candidates: readonly Candidate[],
  nowMs: number,
  fieldDeg: number,
): number | null {
  const expected = whereNow(lost, nowMs);
  const gateDeg = Math.min(GATE_MOST, GATE + (GATE_PER_S * Math.max(0, nowMs - lost.atMs)) / 1000) * fieldDeg;
  let best: { id: number; offDeg: number } | null = null;
  for (const candidate of candidates) {
    if (candidate.isOther || !isAbout(candidate.widthDeg, lost.widthDeg)) continue;
    const cos = Math.cos((expected.tiltDeg * Math.PI) / 180);
    const offDeg = Math.hypot(wrapDeg(candidate.panDeg - expected.panDeg) * cos, candidate.tiltDeg - expected.tiltDeg);
    const limitDeg = candidate.label === lost.label ? gateDeg : OTHER_LABEL * gateDeg;
    if (offDeg < limitDeg && offDeg < (best?.offDeg ?? Number.POSITIVE_INFINITY)) best = { id: candidate.id, offDeg };
  }
  return best?.id ?? null;
}

function isAbout(a: number, b: number): boolean {
  return a > 0 && b > 0 && Math.max(a / b, b / a) <= SIZE_RATIO;
}
