/** The ladder as a table: evidence in, rung out, and why not a better one. */
import { describe, expect, test } from 'bun:test';
import { chooseRung, type Evidence, type LadderPolicy, RUNGS, type Rung, type RungEvidence } from '../../ptz/ladder.ts';

const WORKS: RungEvidence = { listed: true, move: 'works', detail: null };
const ABSENT: RungEvidence = { listed: false, move: 'not-tried', detail: null };
const FAILED: RungEvidence = { listed: true, move: 'failed', detail: 'said no' };
const ANY: LadderPolicy = { allowed: RUNGS, guardian: false };

const ALL: Evidence = {
  rungs: { velocity: WORKS, absolute: WORKS, relative: WORKS, 'relative-fov': WORKS },
  stops: { timeout: 'works', stop: 'stop' },
  position: 'works',
  notes: [],
};

function without(...rungs: Rung[]): Evidence['rungs'] {
  return { ...ALL.rungs, ...Object.fromEntries(rungs.map((rung) => [rung, ABSENT])) };
}

interface Row {
  readonly why: string;
  readonly evidence: Partial<Evidence>;
  readonly policy?: Partial<LadderPolicy>;
  readonly rung: Rung | null;
  readonly stopsByItself?: 'yes' | 'no' | 'unverified';
}

const ignored = { timeout: 'ignored', stop: 'stop' } as const;
const rows: Row[] = [
  { why: 'everything works: smooth motion', evidence: {}, rung: 'velocity', stopsByItself: 'yes' },
  { why: 'no velocity space', evidence: { rungs: without('velocity') }, rung: 'absolute' },
  { why: 'no position to start from', evidence: { rungs: without('velocity'), position: 'absent' }, rung: 'relative' },
  { why: 'a move that failed', evidence: { rungs: { ...ALL.rungs, velocity: FAILED } }, rung: 'absolute' },
  {
    why: 'only the picture as a measure',
    evidence: { rungs: without('velocity', 'absolute', 'relative') },
    rung: 'relative-fov',
  },
  { why: 'nothing', evidence: { rungs: without(...RUNGS) }, rung: null },
  { why: 'would go on without us', evidence: { stops: ignored }, rung: 'absolute', stopsByItself: 'yes' },
  {
    why: 'a guardian stops it',
    evidence: { stops: ignored },
    policy: { guardian: true },
    rung: 'velocity',
    stopsByItself: 'no',
  },
  {
    why: 'would go on without us, and there is nothing else',
    evidence: { stops: ignored, rungs: without('absolute', 'relative', 'relative-fov') },
    rung: 'velocity',
    stopsByItself: 'no',
  },
  {
    why: 'can be stopped by nothing, and there is nothing else',
    evidence: { stops: { timeout: 'works', stop: 'none' }, rungs: without('absolute', 'relative', 'relative-fov') },
    policy: { guardian: true },
    rung: null,
  },
  {
    why: 'blind: believed, and said',
    evidence: { stops: { timeout: 'unverified', stop: 'unverified' } },
    rung: 'velocity',
    stopsByItself: 'unverified',
  },
  { why: 'the options say so', evidence: {}, policy: { allowed: ['relative-fov'] }, rung: 'relative-fov' },
];

describe('chooseRung', () => {
  test.each(rows)('$why → $rung', ({ evidence, policy, rung, stopsByItself }) => {
    const verdict = chooseRung({ ...ALL, ...evidence }, { ...ANY, ...policy }, 20);
    expect(verdict.rung).toBe(rung);
    if (stopsByItself) expect(verdict.stopsByItself).toBe(stopsByItself);
    const better = RUNGS.slice(0, rung === null ? RUNGS.length : RUNGS.indexOf(rung));
    // Each better rung has its reason.
    for (const one of better) expect(verdict.rejected.find((known) => known.rung === one)?.reason).toBeTruthy();
    expect(structuredClone(verdict)).toEqual(verdict);
  });

  test('the last resort asks for a guardian', () => {
    const rungs = without('absolute', 'relative', 'relative-fov');
    const { notes } = chooseRung({ ...ALL, stops: ignored, rungs }, ANY, 0);
    expect(notes.join()).toContain('needs a guardian');
  });
});
