/**
 * The capability ladder: by which kind of command a camera is steered. Pure: evidence in, verdict out.
 *
 * Velocity commands go on until something ends them, so that rung is taken only where the camera ends them by itself
 * (its Timeout), or where another process stops it (a guardian). The rungs below are made of short
 * moves to a place, each of which ends by itself even if we are gone.
 */

export const RUNGS = ['velocity', 'absolute', 'relative', 'relative-fov'] as const;
export type Rung = (typeof RUNGS)[number];

/** What is known about one rung. */
export interface RungEvidence {
  /** The camera lists what it takes. */
  readonly listed: boolean;
  /** Result of the test move. `unverified`: accepted, but its effect could not be observed. */
  readonly move: 'works' | 'unverified' | 'failed' | 'not-tried';
  /** Why the move failed or could not be verified. */
  readonly detail: string | null;
}

export interface StopEvidence {
  /** Timeout of a velocity: works, is ignored, is refused, is absent, cannot be observed, was not tried. */
  readonly timeout: 'works' | 'ignored' | 'refused' | 'absent' | 'unverified' | 'not-tried';
  /** How it can be stopped: by Stop, by a velocity of zero, or by neither, as far as observed. */
  readonly stop: 'stop' | 'zero-velocity' | 'none' | 'unverified' | 'not-tried';
}

export interface Evidence {
  readonly rungs: Readonly<Record<Rung, RungEvidence>>;
  readonly stops: StopEvidence;
  /** Position of the status: usable, or why it is not. */
  readonly position: 'works' | 'absent';
  /** Other findings, in words. */
  readonly notes: readonly string[];
}

export interface LadderPolicy {
  /** The allowed rungs, in any order. */
  readonly allowed: readonly Rung[];
  /** Something outside of this process stops the camera when the process dies. */
  readonly guardian: boolean;
}

export interface Rejection {
  readonly rung: Rung;
  readonly reason: string;
}

/** Plain data. */
export interface Verdict {
  /** Null: this camera can't be steered. */
  readonly rung: Rung | null;
  /** Its effect was seen. */
  readonly verified: boolean;
  /**
   * The camera stops within the lease even when this process or the network dies. `no`: another process must stop it
   * when this process dies, and nothing can when the network is lost.
   */
  readonly stopsByItself: 'yes' | 'no' | 'unverified';
  readonly rejected: readonly Rejection[];
  readonly stops: StopEvidence;
  readonly notes: readonly string[];
  /** Typical time from a request to its answer, ms. A velocity acts and ends later by about this. */
  readonly roundTripMs: number;
}

/**
 * Takes the best rung that is safe. If there is none, takes velocity for a camera that moves but does not stop by
 * itself (it then depends on our stop), and notes it; never a camera without a working stop.
 */
export function chooseRung(evidence: Evidence, policy: LadderPolicy, roundTripMs: number): Verdict {
  const rejected: Rejection[] = [];
  for (const rung of RUNGS) {
    const reason = whyNot(rung, evidence, policy);
    if (reason === null) return verdict(rung, rejected, evidence, roundTripMs);
    rejected.push({ rung, reason });
  }
  if (isLastResort(evidence, policy)) {
    const note = 'needs a guardian: if this process died, nothing would end a velocity, and there is no other rung';
    const others = rejected.filter(({ rung }) => rung !== 'velocity');
    return verdict('velocity', others, { ...evidence, notes: [...evidence.notes, note] }, roundTripMs);
  }
  return verdict(null, rejected, evidence, roundTripMs);
}

function verdict(rung: Rung | null, rejected: Rejection[], evidence: Evidence, roundTripMs: number): Verdict {
  const { stops, notes } = evidence;
  return {
    rung,
    verified: rung !== null && evidence.rungs[rung].move === 'works',
    stopsByItself: rung === 'velocity' ? bySelf(stops) : 'yes',
    rejected,
    stops,
    notes,
    roundTripMs,
  };
}

function bySelf({ timeout }: StopEvidence): Verdict['stopsByItself'] {
  if (timeout === 'works') return 'yes';
  return timeout === 'ignored' || timeout === 'refused' || timeout === 'absent' ? 'no' : 'unverified';
}

/** @returns null when the rung is good */
function whyNot(rung: Rung, evidence: Evidence, policy: LadderPolicy): string | null {
  const { listed, move, detail } = evidence.rungs[rung];
  if (!policy.allowed.includes(rung)) return 'not allowed by the options';
  if (!listed) return 'the camera does not list it';
  if (move === 'failed') return detail ?? 'the small move failed';
  if (rung === 'absolute' && evidence.position === 'absent') return 'the camera does not report its position';
  // Moves of the lower rungs end by themselves, at their goal.
  return rung === 'velocity' ? whyNotVelocity(evidence.stops, policy) : null;
}

function whyNotVelocity({ timeout, stop }: StopEvidence, { guardian }: LadderPolicy): string | null {
  if (stop === 'none') return 'neither Stop nor a velocity of zero stopped it';
  if (guardian) return null;
  const why = 'if this process died, nothing would stop it; needs a guardian';
  if (timeout === 'ignored') return `the camera ignores a velocity's Timeout: ${why}`;
  if (timeout === 'absent') return `a velocity lasts until it is stopped: ${why}`;
  return timeout === 'refused' ? `the camera refuses a Timeout: ${why}` : null;
}

function isLastResort({ rungs, stops }: Evidence, { allowed }: LadderPolicy): boolean {
  const { listed, move } = rungs.velocity;
  return allowed.includes('velocity') && listed && move !== 'failed' && stops.stop !== 'none';
}
