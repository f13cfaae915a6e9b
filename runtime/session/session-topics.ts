/** From what the nodes of a session publish to what clients are shown, and what is said for nodes that are gone. */

import type { MessageOf, Topic, Topics, topics } from '../../schemas/topics.ts';
import type { Published } from '../engine/messages.ts';
import { errorMessage } from '../errors.ts';
import type { Hub } from '../hub/hub.ts';
import type { Log } from '../log.ts';
import { OpenTracks } from './open-tracks.ts';

export interface SessionTopicsParts {
  readonly sessionId: string;
  readonly hub: Hub;
  readonly log: Log;
  /** Those of the session's graph. */
  readonly topics: () => Topics;
}

export class SessionTopics {
  readonly #parts: SessionTopicsParts;
  readonly #openTracks = new OpenTracks();
  /** Of topics with quiet fields: the last message without them. */
  readonly #meanings = new Map<string, string>();

  constructor(parts: SessionTopicsParts) {
    this.#parts = parts;
  }

  /** The latest message of a topic of the wire contract. */
  latest<K extends keyof typeof topics>(name: K): MessageOf<(typeof topics)[K]> | undefined {
    const { hub, sessionId } = this.#parts;
    // The worker has checked it.
    return hub.retained(sessionId, name)?.value as MessageOf<(typeof topics)[K]> | undefined;
  }

  /** Hands a message to the hub, without the secrets in it. */
  publish(published: Published): void {
    const { sessionId, hub, log } = this.#parts;
    const { topic: name, live } = published;
    const topic = this.#parts.topics()[name];
    try {
      if (!topic) throw new Error('no node of this graph declares the topic');
      const value = topic.texts
        ? redactTexts(published.value, topic.texts, (text) => log.redact(text))
        : published.value;
      const json = JSON.stringify(value);
      const isNews = this.#isNews(name, topic, value, live);
      if (name === 'tracks') this.#openTracks.note(value as MessageOf<typeof topics.tracks>);
      hub.publish({ ...published, sessionId, keep: topic.keep, value, json, isNews });
    } catch (error) {
      log.error('a message is dropped', { code: 'bad_client_message', topic: name, error: errorMessage(error) });
    }
  }

  /** The process is gone: sends the ends that clients wait for, and the states as they are now. */
  processGone(nowUnixMs: number): void {
    const { sessionId, hub } = this.#parts;
    for (const value of this.#openTracks.endAll(nowUnixMs, this.latest('tick')?.ts_unix_ms ?? nowUnixMs)) {
      this.publish({ topic: 'tracks', value, live: true });
    }
    for (const [name, { gone }] of Object.entries(this.#parts.topics())) {
      const last = hub.retained(sessionId, name);
      if (!last || !gone || (gone.unless && holds(last.value, gone.unless))) continue;
      const value = { ...last.value, ...gone.patch };
      if (gone.told) this.publish({ topic: name, value: { ...value, ts_unix_ms: nowUnixMs }, live: true });
      else hub.retain({ ...last, value, json: JSON.stringify(value) });
    }
  }

  #isNews(name: string, { quiet }: Topic, value: object, live: boolean): boolean {
    if (!quiet) return true;
    const meaning = JSON.stringify({ ...value, ...Object.fromEntries(quiet.map((field) => [field, 0])) });
    const isNews = this.#meanings.get(name) !== meaning;
    if (live) this.#meanings.set(name, meaning);
    return isNews;
  }
}

/** The same object with what is secret taken out of the texts in these fields. */
export function redactTexts(value: object, fields: readonly string[], redact: (text: string) => string): object {
  const shown = (part: unknown, isText: boolean): unknown => {
    if (typeof part === 'string') return isText ? redact(part) : part;
    if (Array.isArray(part)) return part.map((each) => shown(each, isText));
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, each]) => [key, shown(each, fields.includes(key))]));
  };
  return Object(shown(value, false));
}

/** Whether all that is in `part` is so in `value`. */
function holds(value: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return Object.is(value, part);
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map(Object.entries(value));
  return Object.entries(part).every(([key, each]) => holds(fields.get(key), each));
}
