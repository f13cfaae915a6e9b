import { describe, expect, test } from 'bun:test';
import { LabelEvidence, type LabelRules } from '../../../nodes/track/label-evidence.ts';

const RULES: LabelRules = { label_memory_s: 20, label_evidence: 3, label_share: 0.55 };
const NAMES = ['drone', 'bird', 'plane'];

function evidence(rules: Partial<LabelRules> = {}, unknown: string | null = 'flying'): LabelEvidence {
  return new LabelEvidence({ names: NAMES, unknown }, { ...RULES, ...rules }, 'bird');
}

const DRONE = [1, 0, 0];
const BIRD = [0, 1, 0];
const MIXED = [0.4, 0.3, 0.3];

/** The label after each sighting, ten a second. */
function labels(of: LabelEvidence, sightings: readonly (readonly number[])[], confidence = 1, fromS = 0): string[] {
  return sightings.map((probabilities, k) => {
    of.see(probabilities, confidence, fromS + k / 10);
    return of.label;
  });
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('an object gets a name', () => {
  test('when there is enough evidence', () => {
    expect(evidence().label).toBe('flying');
    // What was seen first has faded a little at the third sighting.
    expect(labels(evidence(), times(4, DRONE))).toEqual(['flying', 'flying', 'flying', 'drone']);
    expect(labels(evidence(), times(8, DRONE), 0.5).indexOf('drone')).toBe(6);
    expect(labels(evidence({ label_evidence: 0 }), [DRONE])).toEqual(['drone']);
  });

  test('when its class has enough of the evidence', () => {
    expect(labels(evidence(), times(100, MIXED)).at(-1)).toBe('flying');
    expect(labels(evidence(), times(100, [0.5, 0.25, 0.25])).at(-1)).toBe('flying');
    expect(labels(evidence(), times(100, [0.6, 0.2, 0.2])).at(-1)).toBe('drone');
  });

  test('sightings count by their confidence', () => {
    const of = evidence();
    labels(of, times(10, DRONE), 0.9);
    labels(of, times(20, BIRD), 0.1, 1);
    expect(of.label).toBe('drone');
  });

  test('never from sightings without confidence', () => {
    expect(labels(evidence({ label_evidence: 0 }), times(20, DRONE), 0).at(-1)).toBe('flying');
  });
});

describe('a name is kept', () => {
  test('until its share falls by 0.1 below what a name takes', () => {
    const of = evidence({ label_memory_s: 3600 });
    expect(labels(of, times(10, DRONE)).at(-1)).toBe('drone');
    // Shares after k more: (10 + 0.4 k) / (10 + k); 0.45 is reached at k = 110, where bird and plane have 0.275 each.
    const after = labels(of, times(130, MIXED), 1, 1);
    const at = after.indexOf('flying');
    expect(at).toBeGreaterThanOrEqual(108);
    expect(at).toBeLessThanOrEqual(112);
    expect(after.slice(at)).toEqual(times(130 - at, 'flying'));
  });

  test('until another class is sure: no name between the two', () => {
    const of = evidence({ label_memory_s: 3600, label_share: 0.5 });
    labels(of, times(10, DRONE));
    const after = labels(of, times(20, BIRD), 1, 1);
    expect(new Set(after)).toEqual(new Set(['drone', 'bird']));
    // Ten of each is a tie, which the present name wins.
    expect([8, 9, 10, 11]).toContain(after.indexOf('bird'));
  });

  test('through a time unseen; what was seen before it counts for less', () => {
    const of = evidence();
    labels(of, times(50, DRONE));
    expect(labels(of, [BIRD], 1, 1000)).toEqual(['flying']);
    expect(labels(of, times(4, BIRD), 1, 1000.1).at(-1)).toBe('bird');
  });
});

test('fading goes by time, not by the number of frames', () => {
  const at = (hz: number) => {
    const of = evidence({ label_memory_s: 2, label_evidence: 0 });
    for (let k = 0; k < 10 * hz; k++) of.see(DRONE, 1, k / hz);
    let timeS = 10;
    while (of.label === 'drone') {
      of.see(BIRD, 1, timeS);
      timeS += 1 / hz;
    }
    return timeS;
  };
  expect(Math.abs(at(10) - at(50))).toBeLessThan(0.15);
  // Half of it is gone after 2 s × ln 2.
  expect(at(50)).toBeGreaterThan(11.3);
  expect(at(50)).toBeLessThan(11.9);
});

describe('without a word for the unknown', () => {
  test('the leading class gives the name at once, the present one at a tie', () => {
    const of = evidence({}, null);
    expect(of.label).toBe('bird');
    expect(labels(of, [MIXED, BIRD, BIRD])).toEqual(['drone', 'bird', 'bird']);
    const tied = evidence({}, null);
    tied.see(BIRD, 1, 0);
    tied.see(DRONE, 1, 0);
    expect(tied.label).toBe('bird');
  });
});

test('numbers that are no probabilities do no harm', () => {
  const of = evidence({ label_evidence: 0 });
  of.see([Number.NaN, Number.POSITIVE_INFINITY, -5], 1, 0);
  expect(of.label).toBe('bird');
  of.see([], 1, 0.1);
  expect(labels(of, times(20, DRONE), 1, 0.2).at(-1)).toBe('drone');
});
