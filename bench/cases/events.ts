/** Cases of `events/`: recorded detections through zones and publish, and the events and zones that are right. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, type Outcome, unknownCase } from './case.ts';
import { runRecorded, type WireMessage } from './recorded.ts';
import { lifeFaults } from './truth.ts';

/** What is right, in words and as a test of the log. */
type Expected = readonly [words: string, isRight: (log: Log) => boolean];

interface Log {
  /** `new #1 drone left right`, in order. */
  readonly events: readonly string[];
  /** Zones of the one track that a frame shows: `left right`; null where there is none. */
  readonly zones: ReadonlyMap<number, string | null>;
  readonly ids: ReadonlySet<number>;
}

const only = (...events: string[]) => [events.join(', '), (log: Log) => Bun.deepEquals(log.events, events)] as const;

const EXPECTED: Readonly<Record<string, Expected>> = {
  '50-one-box-two-zones': only('new #1 drone right', 'end #1 drone right'),
  '51-trembles-on-border': ['no flapping: at most 2 updates', ({ events }) => count(events, 'update') <= 2],
  '52-loiter-leaves': [
    'yard from frame 140 on, not before: 8 s inside in one go',
    ({ zones }) => entered(zones, 'yard', 139, 143),
  ],
  '53-stationary-loiters': ['yard from frame 100 on', ({ zones }) => entered(zones, 'yard', 99, 102)],
  '54-loiter-hidden': [
    'one id before and after 5 s without a sighting, yard from frame 81 on',
    ({ zones, ids, events }) => ids.size === 1 && count(events, 'new') === 1 && entered(zones, 'yard', 79, 83),
  ],
  '55-end-after-below-memory': [
    'one life of id 1 (or the graph is refused)',
    ({ events, ids }) => ids.size === 1 && count(events, 'new') === 1,
  ],
  '56-bottom-anchor': only('new #1 drone sky2', 'end #1 drone sky2'),
  '57-zones-in-events': [
    'new in left, then updates up to right alone',
    ({ events }) => events[0] === 'new #1 drone left' && events.at(-2) === 'update #1 drone right',
  ],
  '58-label-change-is-told': [
    'new as bird, an update when it becomes a drone',
    ({ events }) => events[0] === 'new #1 bird' && events.includes('update #1 drone'),
  ],
  '60-standing-hidden-2s': only('new #1 drone', 'end #1 drone'),
  '60-standing-hidden-5s': only('new #1 drone', 'end #1 drone'),
  '61-unseen-for-exactly-a-second': only('new #1 drone', 'end #1 drone'),
};

/** The one case in which a refusal by the checker is right too. */
const MAY_BE_REFUSED = '55-end-after-below-memory';
const FOLDER = 'events';

export function eventCases(root: string): Case[] {
  const folder = join(root, FOLDER);
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'graph.yaml')))
    .toSorted()
    .map((name) => {
      const expected = EXPECTED[name];
      return expected ? eventCase(join(folder, name), name, expected) : unknownCase(`${FOLDER}/${name}`);
    });
}

function eventCase(folder: string, name: string, [words, isRight]: Expected): Case {
  return {
    name: `${FOLDER}/${name}`,
    expected: `${words}; each track one new and one end`,
    isSlow: false,
    run: async (): Promise<Outcome> => {
      let messages: WireMessage[];
      try {
        messages = await runRecorded(join(folder, 'graph.yaml'));
      } catch (error) {
        const refusal = error instanceof Error ? error.message : '';
        return { pass: name === MAY_BE_REFUSED && refusal.includes('end_after_ms'), got: refusal };
      }
      const log = logOf(messages);
      const faults = lifeFaults(messages);
      const pass = isRight(log) && faults.length === 0;
      return { pass, got: [...log.events, ...changes(log.zones), ...faults].slice(0, 12).join(', ') };
    },
  };
}

function logOf(messages: readonly WireMessage[]): Log {
  const events: string[] = [];
  const zones = new Map<number, string | null>();
  const ids = new Set<number>();
  for (const message of messages) {
    if (message.type === 'metadata_tick') {
      const [track] = message.tracks;
      if (track) ids.add(track.id);
      zones.set(message.frame_index ?? 0, track ? (track.zones ?? []).join(' ') : null);
    } else {
      const { id, label, zones: entered = [] } = message.after;
      events.push([message.event, `#${id}`, label, ...entered].join(' '));
    }
  }
  return { events, zones, ids };
}

function count(events: readonly string[], kind: string): number {
  return events.filter((event) => event.startsWith(kind)).length;
}

/** Whether a track is in the zone first in a frame between the two. */
function entered(zones: Log['zones'], zone: string, from: number, to: number): boolean {
  const [first = -1] = [...zones].find(([, names]) => names?.split(' ').includes(zone)) ?? [];
  return first >= from && first <= to;
}

/** Where the zones of the track change: `frame 81: yard`. */
function changes(zones: Log['zones']): string[] {
  let before: string | null = '';
  return [...zones].flatMap(([frame, names]) => {
    if (names === before) return [];
    before = names;
    return [`frame ${frame}: ${names === null ? 'no track' : names || 'no zone'}`];
  });
}
