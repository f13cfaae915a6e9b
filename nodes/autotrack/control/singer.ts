/**
 * One axis of a manoeuvring target: a Kalman filter over position, velocity and an acceleration that is correlated over
 * a time constant (R. Singer, "Estimating optimal tracking filter performance for manned maneuvering targets", 1970).
 * Pure functions on plain states.
 */

/** Mean and covariance of position, velocity and acceleration. */
export interface Motion3 {
  readonly x: number;
  readonly v: number;
  readonly a: number;
  readonly xx: number;
  readonly xv: number;
  readonly xa: number;
  readonly vv: number;
  readonly va: number;
  readonly aa: number;
}

export interface Singer {
  /** Seconds after which an acceleration has faded to 1/e. */
  readonly tauS: number;
  /** Its standard deviation. */
  readonly accelStd: number;
}

/** The state `dtS` seconds later. */
export function moved(state: Motion3, dtS: number, { tauS, accelStd }: Singer): Motion3 {
  if (!(dtS > 0)) return state;
  const { x, v, a, xx, xv, xa, vv, va, aa } = state;
  const fade = Math.exp(-dtS / tauS);
  // How much of the acceleration ends up in velocity and position.
  const toV = tauS * (1 - fade);
  const toX = tauS * (dtS - toV);
  const [pXv, pXa] = [xv + dtS * vv + toX * va, xa + dtS * va + toX * aa];
  const pVa = va + toV * aa;
  const [nX, nV] = noise(dtS, tauS);
  // What the fading takes away, noise puts back, so that the acceleration keeps its spread.
  const q = accelStd ** 2 * (1 - fade ** 2);
  return {
    x: x + dtS * v + toX * a,
    v: v + toV * a,
    a: fade * a,
    xx: xx + dtS * xv + toX * xa + dtS * pXv + toX * pXa + q * nX * nX,
    xv: pXv + toV * pXa + q * nX * nV,
    xa: fade * pXa + q * nX,
    vv: vv + toV * va + toV * pVa + q * nV * nV,
    va: fade * pVa + q * nV,
    aa: fade ** 2 * aa + q,
  };
}

/**
 * How far acceleration noise that came in over `dtS` has moved position and velocity by its end, per unit of
 * acceleration: that of a change that came halfway, as far as it has not faded.
 */
function noise(dtS: number, tauS: number): [position: number, velocity: number] {
  const lasting = Math.min(dtS, 2 * tauS);
  return [(lasting * dtS) / 4, lasting / 2];
}

/** Takes in a measured position. */
export function correct(
  state: Motion3,
  measured: number,
  noiseVar: number,
): { motion: Motion3; logLikelihood: number } {
  const { x, v, a, xx, xv, xa, vv, va, aa } = state;
  const variance = xx + noiseVar;
  const surprise = measured - x;
  const [gx, gv, ga] = [xx / variance, xv / variance, xa / variance];
  return {
    motion: {
      x: x + gx * surprise,
      v: v + gv * surprise,
      a: a + ga * surprise,
      xx: xx - gx * xx,
      xv: xv - gx * xv,
      xa: xa - gx * xa,
      vv: vv - gv * xv,
      va: va - gv * xa,
      aa: aa - ga * xa,
    },
    // Less a constant.
    logLikelihood: -0.5 * (surprise ** 2 / variance + Math.log(variance)),
  };
}

/** The state with an acceleration that is no larger, and no less certain, than the model has it. */
export function bounded(state: Motion3, { accelStd }: Singer): Motion3 {
  const { a, aa, xa, va } = state;
  const spread = aa + a * a;
  if (spread <= accelStd ** 2) return state;
  const part = accelStd / Math.sqrt(spread);
  return { ...state, a: a * part, xa: xa * part, va: va * part, aa: aa * part ** 2 };
}

/** Mean and covariance of a mixture; the weights add up to 1. */
export function blend(states: readonly Motion3[], weights: readonly number[]): Motion3 {
  // Many filters do this for every picture; entries() and tuples would take several times as long.
  let x = 0;
  let v = 0;
  let a = 0;
  let k = 0;
  for (const state of states) {
    const weight = weights[k++] ?? 0;
    x += weight * state.x;
    v += weight * state.v;
    a += weight * state.a;
  }
  let xx = 0;
  let xv = 0;
  let xa = 0;
  let vv = 0;
  let va = 0;
  let aa = 0;
  k = 0;
  for (const state of states) {
    const weight = weights[k++] ?? 0;
    const dx = state.x - x;
    const dv = state.v - v;
    const da = state.a - a;
    xx += weight * (state.xx + dx * dx);
    xv += weight * (state.xv + dx * dv);
    xa += weight * (state.xa + dx * da);
    vv += weight * (state.vv + dv * dv);
    va += weight * (state.va + dv * da);
    aa += weight * (state.aa + da * da);
  }
  return { x, v, a, xx, xv, xa, vv, va, aa };
}
