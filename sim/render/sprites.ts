/**
 * What flies, as a few strokes with round ends each. One unit is the object's span from end to end, x to the right, y
 * up, the origin in the middle; the object faces right.
 */
import type { SpriteKind } from '../scene/scene.ts';

/** A stroke from one disc to another, its width going over from the first one's to the second's. */
export interface Stroke {
  readonly x0: number;
  readonly y0: number;
  readonly r0: number;
  readonly x1: number;
  readonly y1: number;
  readonly r1: number;
  /** Added to the object's luma: parts in the light are brighter. */
  readonly light: number;
  /** In (0, 1]; below 1 for what one can see through, as turning rotors. */
  readonly opacity: number;
}

/**
 * The strokes of a sprite, back to front.
 * @param phase in turns; moves the rotors
 */
export function spriteStrokes(kind: SpriteKind, phase: number): readonly Stroke[] {
  return kind === 'quadcopter' ? quadcopter(phase) : AIRPLANE;
}

function quadcopter(phase: number): readonly Stroke[] {
  const strokes: Stroke[] = [];
  for (const side of [-1, 1]) {
    // The far pair of arms is seen smaller and higher up.
    strokes.push(stroke(side * 0.05, 0.04, 0.016, side * 0.21, 0.1, 0.014, 14));
    strokes.push(rotor(side * 0.21, 0.135, 0.1, 0.01, phase + 0.3 * side));
    strokes.push(stroke(side * 0.05, 0.03, 0.028, side * 0.36, 0.03, 0.022));
    strokes.push(stroke(side * 0.36, 0.02, 0.032, side * 0.36, 0.08, 0.024));
    strokes.push(rotor(side * 0.36, 0.1, 0.126, 0.014, phase + 0.15 * side));
    strokes.push(stroke(side * 0.08, -0.03, 0.016, side * 0.14, -0.16, 0.014));
    strokes.push(stroke(side * 0.09, -0.165, 0.014, side * 0.19, -0.165, 0.014));
  }
  strokes.push(stroke(-0.1, 0.015, 0.075, 0.1, 0.015, 0.075));
  strokes.push(stroke(-0.06, 0.06, 0.035, 0.06, 0.06, 0.035, 22));
  strokes.push(stroke(0.05, -0.085, 0.034, 0.06, -0.09, 0.034));
  return strokes;
}

/** Turning blades: a flat disc seen from its side. Its ends stay; what changes is how much light comes through. */
function rotor(x: number, y: number, reach: number, radius: number, phase: number): Stroke {
  const opacity = 0.78 + 0.12 * Math.sin(2 * Math.PI * phase);
  return stroke(x - reach, y, radius, x + reach, y, radius, 6, opacity);
}

/** A jet from its side and a little below, wings swept back. */
const AIRPLANE: readonly Stroke[] = [
  stroke(0.1, 0.02, 0.026, -0.1, 0.085, 0.011, 22),
  stroke(-0.38, 0.02, 0.038, -0.465, 0.155, 0.02),
  stroke(-0.4, 0.0, 0.018, -0.49, 0.045, 0.01, 10),
  stroke(-0.42, 0.0, 0.026, -0.2, -0.005, 0.05),
  stroke(-0.2, -0.005, 0.05, 0.36, -0.005, 0.052),
  stroke(0.36, -0.005, 0.052, 0.465, -0.02, 0.026),
  stroke(-0.3, 0.022, 0.016, 0.38, 0.022, 0.018, 26),
  stroke(0.1, -0.03, 0.034, -0.14, -0.125, 0.014, -10),
  stroke(0.02, -0.09, 0.026, 0.09, -0.088, 0.026, -14),
];

function stroke(
  x0: number,
  y0: number,
  r0: number,
  x1: number,
  y1: number,
  r1: number,
  light = 0,
  opacity = 1,
): Stroke {
  return { x0, y0, r0, x1, y1, r1, light, opacity };
}
