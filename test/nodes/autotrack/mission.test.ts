import { describe, expect, test } from 'bun:test';
import { Mission, type MissionInput, type MissionOptions } from '../../../nodes/autotrack/mission.ts';

const OPTIONS: MissionOptions = {
  hold_s: 2,
  search_s: 8,
  return_after_s: 15,
  hasHome: true,
  stationary_release_s: 30,
};
const OPERATOR = { id: 5, by: 'operator' } as const;
const GRAPH = { id: 5, by: 'graph' } as const;
const CALM: Omit<MissionInput, 'nowMs'> = {
  selection: null,
  seenMs: null,
  control: 'idle',
  isAway: false,
  isHome: false,
};

/** Steps of 100 ms. @returns the states, each with the second at which it began */
function play(mission: Mission, fromS: number, toS: number, at: (nowMs: number) => Partial<MissionInput>) {
  const states: [state: string, sinceS: number][] = [];
  const releases: [why: string, atS: number][] = [];
  for (let nowMs = fromS * 1000; nowMs < toS * 1000; nowMs += 100) {
    const { state, release } = mission.step({ ...CALM, nowMs, ...at(nowMs) });
    if (states.at(-1)?.[0] !== state) states.push([state, nowMs / 1000]);
    if (release && releases.length === 0) releases.push([release, nowMs / 1000]);
  }
  return { states, releases };
}

describe('with a target in sight', () => {
  test('says what the controller does', () => {
    const mission = new Mission(OPTIONS);
    const { states } = play(mission, 0, 3, (nowMs) => ({
      selection: OPERATOR,
      seenMs: nowMs,
      control: nowMs < 1000 ? 'track' : nowMs < 2000 ? 'settle' : 'rest',
    }));
    expect(states).toEqual([
      ['following', 0],
      ['settling', 1],
      ['resting', 2],
    ]);
  });

  test.each([
    ['graph', [['stationary', 30]]],
    ['operator', []],
  ] as const)('one that stays where it is, chosen by the %s', (by, expected) => {
    const mission = new Mission(OPTIONS);
    const seen = (nowMs: number) => ({ selection: { id: 5, by }, seenMs: nowMs, control: 'rest' as const });
    expect(play(mission, 0, 40, seen).releases).toEqual([...expected] as [string, number][]);
  });
});

describe('when it is lost', () => {
  const lostAt =
    (atMs: number, selection: MissionInput['selection']) =>
    (nowMs: number): Partial<MissionInput> => ({
      selection,
      seenMs: Math.min(nowMs, atMs),
      control: nowMs <= atMs ? 'track' : 'blind',
      isAway: true,
    });

  test('holds, looks around, waits, and goes home; the operator’s target stays selected', () => {
    const mission = new Mission(OPTIONS);
    const { states, releases } = play(mission, 0, 30, lostAt(1000, OPERATOR));
    expect(states).toEqual([
      ['following', 0],
      ['holding', 1.1],
      ['searching', 3],
      ['holding', 11],
      ['returning', 16],
    ]);
    expect(releases).toEqual([]);
  });

  test('the graph’s own target is let go of then', () => {
    const { releases } = play(new Mission(OPTIONS), 0, 17, lostAt(1000, GRAPH));
    expect(releases).toEqual([['lost', 16]]);
  });

  test('is followed again as soon as it is back, on the way home too', () => {
    const mission = new Mission(OPTIONS);
    play(mission, 0, 20, lostAt(1000, OPERATOR));
    expect(
      mission.step({ ...CALM, nowMs: 20_000, selection: OPERATOR, seenMs: 20_000, control: 'track', isAway: true }),
    ).toEqual({
      order: 'follow',
      state: 'following',
      release: null,
    });
  });

  test('without a home it stays where it is', () => {
    const mission = new Mission({ ...OPTIONS, hasHome: false });
    expect(play(mission, 0, 30, lostAt(1000, OPERATOR)).states.at(-1)).toEqual(['idle', 16]);
  });

  test('search_s: 0 looks nowhere', () => {
    const mission = new Mission({ ...OPTIONS, search_s: 0 });
    expect(play(mission, 0, 30, lostAt(1000, OPERATOR)).states.map(([state]) => state)).toEqual([
      'following',
      'holding',
      'returning',
    ]);
  });
});

describe('without a target', () => {
  test('goes home after a while, once, and is idle when it is there', () => {
    const mission = new Mission(OPTIONS);
    let away = true;
    const { states } = play(mission, 0, 40, (nowMs) => {
      if (nowMs >= 18_000) away = false;
      return { isAway: away, isHome: nowMs >= 18_000 };
    });
    expect(states).toEqual([
      ['idle', 0],
      ['returning', 15],
      ['idle', 18],
    ]);
  });

  test('a way home that never ends is given up', () => {
    const mission = new Mission(OPTIONS);
    const { states } = play(mission, 0, 36, () => ({ isAway: true }));
    expect(states.slice(0, 3)).toEqual([
      ['idle', 0],
      ['returning', 15],
      ['idle', 35.1],
    ]);
  });

  test('one that was never seen moves nothing', () => {
    const mission = new Mission(OPTIONS);
    expect(play(mission, 0, 40, () => ({ selection: OPERATOR })).states).toEqual([['idle', 0]]);
  });

  test('a target that is selected on the way home ends it once it is seen', () => {
    const mission = new Mission(OPTIONS);
    play(mission, 0, 16, () => ({ isAway: true }));
    const selected = { ...CALM, selection: OPERATOR, isAway: true };
    expect(mission.step({ ...selected, nowMs: 16_100 }).state).toBe('returning');
    expect(mission.step({ ...selected, nowMs: 16_200, seenMs: 16_200, control: 'track' }).state).toBe('following');
  });
});
