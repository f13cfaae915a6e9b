import { describe, expect, test } from 'bun:test';
import { Reach } from '../../../nodes/autotrack/reach.ts';

/** A pan axis that turns at 40 °/s of full speed between its ends, asked five times a second. */
class Axis {
  readonly reach = new Reach();
  position = 0;
  /** As it was told, from the first of the commands. */
  readonly stoodFromMs: number[] = [];
  #command = 0;
  #nowMs = 0;

  /** @returns when the end was noticed, seconds from the first of these commands; null: it was not */
  push(command: number, seconds: number, roundTripMs = 20): number | null {
    const fromMs = this.#nowMs;
    let noticedS: number | null = null;
    this.reach.sent({ pan: command, tilt: 0, zoom: 0 }, fromMs);
    this.#command = command;
    while (this.#nowMs < fromMs + seconds * 1000) {
      this.#nowMs += 200;
      this.position = Math.min(30, Math.max(-30, this.position + this.#command * 40 * 0.2));
      const found = this.reach.see({ atMs: this.#nowMs, pan: this.position, tilt: null }, 'degrees', roundTripMs);
      for (const [, sinceMs] of found) this.stoodFromMs.push(sinceMs - fromMs);
      if (noticedS === null && this.reach.ends.length > 0) noticedS = (this.#nowMs - fromMs) / 1000;
    }
    return noticedS;
  }
}

const VELOCITY = { pan: 0.5, tilt: -0.3, zoom: 0.1 };

describe('an axis at its end', () => {
  test('is noticed about a second after it came there, and only pushing further is held back', () => {
    const axis = new Axis();
    // The end is reached after 1.5 s.
    expect(axis.push(0.5, 5)).toBeCloseTo(2.4, 1);
    expect(axis.stoodFromMs).toEqual([1600]);
    expect(axis.reach.ends).toEqual(['pan']);
    expect(axis.reach.within(VELOCITY)).toEqual({ pan: 0, tilt: -0.3, zoom: 0.1 });
    expect(axis.reach.within({ ...VELOCITY, pan: -0.5 })).toEqual({ pan: -0.5, tilt: -0.3, zoom: 0.1 });
  });

  test('stays noticed while nothing is sent, and is free again when it turns back', () => {
    const axis = new Axis();
    axis.push(0.5, 5);
    axis.push(0, 10);
    expect(axis.reach.ends).toEqual(['pan']);
    axis.push(-0.5, 0.4);
    expect(axis.reach.ends).toEqual([]);
  });

  test('a slow line is given more time', () => {
    const noticed = (roundTripMs: number) => {
      const axis = new Axis();
      axis.position = 30;
      return axis.push(0.5, 8, roundTripMs);
    };
    expect(noticed(20)).toBeCloseTo(1.6, 1);
    expect(noticed(1000)).toBeCloseTo(3.6, 1);
  });
});

describe('is not at its end', () => {
  test.each([0.06, 0.3, 1])('while it moves, at %d of its speed', (command) => {
    const axis = new Axis();
    axis.position = -30;
    expect(axis.push(command, Math.min(20, 50 / (40 * command)))).toBe(null);
  });

  test('while it is told next to nothing', () => {
    const axis = new Axis();
    axis.position = 30;
    expect(axis.push(0.01, 20)).toBe(null);
  });

  test('when the camera says nothing', () => {
    const reach = new Reach();
    reach.sent(VELOCITY, 0);
    for (let ms = 0; ms < 20_000; ms += 200) reach.see({ atMs: ms, pan: null, tilt: null }, 'degrees', 20);
    expect(reach.ends).toEqual([]);
  });
});
