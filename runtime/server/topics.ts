/** The topics of a session's WebSocket: `?topics=tick,tracks,ptz,autotrack`; without it, what v1 clients know. */
import { WindhoverError } from '../errors.ts';
import { STATE_NAMES } from '../node.ts';
import type { SessionMessage, Sessions } from '../session/api.ts';

export type Topic = (typeof TOPICS)[number];
export const TOPICS = ['tick', 'tracks', ...STATE_NAMES] as const;

const DEFAULT: ReadonlySet<Topic> = new Set(['tick', 'tracks']);

/** What the request asks for. @throws WindhoverError `unknown_topic` */
export function requestedTopics(request: Request): ReadonlySet<Topic> {
  const asked = new URL(request.url).searchParams.getAll('topics');
  if (asked.length === 0) return DEFAULT;
  const names = asked.flatMap((list) => list.split(',')).map((name) => name.trim());
  return new Set(names.map(topicNamed));
}

export function topicOf(message: SessionMessage): Topic {
  if (message.topic === 'state') return message.name;
  return message.topic === 'tick' ? 'tick' : 'tracks';
}

/** A newer message takes the place of an older one. Of `tracks` each one counts. */
export function isLatestWins(topic: Topic): boolean {
  return topic !== 'tracks';
}

/** The message that a client who comes now is owed. */
export function retained(sessions: Sessions, sessionId: string, topic: Topic): string | undefined {
  if (topic === 'tracks') return undefined;
  return topic === 'tick' ? sessions.retainedTick(sessionId) : sessions.retainedState(sessionId, topic);
}

function topicNamed(name: string): Topic {
  const topic = TOPICS.find((known) => known === name);
  if (topic) return topic;
  throw new WindhoverError('unknown_topic', 'Unknown topic', {
    expected: `some of ${TOPICS.join(', ')}`,
    got: JSON.stringify(name),
  });
}
