/** From what the nodes of a session publish to what clients are shown, and what is said for nodes that are gone. */

import type { MessageOf, Topic, Topics, topics } from '../../schemas/topics.ts';
import type { WallTime } from '../clock.ts';
import type { FrameTrace, Published } from '../engine/messages.ts';
import { errorMessage } from '../errors.ts';
import type { Hub } from '../hub/hub.ts';
import type { Log } from '../log.ts';
import type { SessionView } from './api.ts';
import { OpenTracks } from './open-tracks.ts';

export interface SessionTopicsParts {
  readonly sessionId: string;
  readonly cameraId: string;
  readonly hub: Hub;
  readonly log: Log;
  readonly wall: WallTime;
  /** Those of the session's graph. */
  readonly topics: () => Topics;
}

export class SessionTopics {
  readonly #parts: SessionTopicsParts;
  readonly #openTracks: OpenTracks;
  /** Of topics with quiet fields: the last message without them. */
  readonly #meanings = new Map<string, string>();

  constructor(parts: SessionTopicsParts) {
    this.#parts = parts;
    this.#openTracks = new OpenTracks(parts.wall);
  }

  /** The latest message of a topic of the wire contract. */
  latest<K extends keyof typeof topics>(name: K): MessageOf<(typeof topics)[K]> | undefined {
    const { hub, sessionId } = this.#parts;
    const json = hub.retained(sessionId, name)?.json;
    return json === undefined ? undefined : JSON.parse(json);
  }

  /** What a view of the session says of its latest tick. */
  ofTick(): Pick<SessionView, 'selected_target_id' | 'tracking_phase' | 'last_tick_ts_unix_ms' | 'tracks'> {
    const tick = this.latest('tick');
    return {
      selected_target_id: tick?.selected_target_id ?? null,
      tracking_phase: tick?.tracking_phase ?? 'idle',
      last_tick_ts_unix_ms: tick?.ts_unix_ms ?? null,
      tracks: tick?.tracks.length ?? 0,
    };
  }

  /** Hands a message to the hub, without the secrets in it. */
  publish(published: Published): void {
    this.#hand(this.#parts.topics()[published.topic], published);
  }

  #hand(topic: Topic | undefined, published: Published): void {
    const { sessionId, cameraId, hub, log } = this.#parts;
    const { topic: name, live } = published;
    try {
      if (!topic) throw new Error('no node of this graph declares the topic');
      const json = topic.texts ? redactTexts(published.json, topic.texts, (text) => log.redact(text)) : published.json;
      if (name === 'tracks') this.#openTracks.note(JSON.parse(json));
      if (name === 'tick') this.#openTracks.noteTick();
      const isNews = this.#isNews(name, topic, json, live);
      hub.publish({ ...published, sessionId, cameraId, keep: topic.keep, json, isNews });
    } catch (error) {
      // A node can bring about more than its schema forbids, by a toJSON of its own.
      log.error('a message is dropped', { code: 'bad_client_message', topic: name, error: errorMessage(error) });
    }
  }

  /** Hands what nodes have noted of a frame to the hub. */
  trace(trace: FrameTrace): void {
    const { sessionId, cameraId, hub } = this.#parts;
    hub.trace({ ...trace, sessionId, cameraId });
  }

  /** The process is gone: sends the ends that clients wait for, and the states as they are now. */
  processGone(nowUnixMs: number): void {
    for (const end of this.#openTracks.endAll(nowUnixMs, this.latest('tick')?.ts_unix_ms)) {
      this.publish({ topic: 'tracks', json: JSON.stringify(end), live: true });
    }
    for (const [name, topic] of Object.entries(this.#parts.topics())) this.#tellGone(name, topic, nowUnixMs);
  }

  /** The nodes that published these are gone: nothing of them is retained. @param topics of the graph that had them */
  nodesGone(topics: Topics, names: readonly string[], nowUnixMs: number): void {
    for (const name of names) {
      this.#tellGone(name, topics[name], nowUnixMs);
      this.#meanings.delete(name);
      this.#parts.hub.forget(this.#parts.sessionId, name);
    }
  }

  #tellGone(name: string, topic: Topic | undefined, nowUnixMs: number): void {
    const { sessionId, hub } = this.#parts;
    const last = hub.retained(sessionId, name);
    const gone = topic?.gone;
    if (!last || !gone) return;
    const before: object = JSON.parse(last.json);
    if (gone.unless && holds(before, gone.unless)) return;
    const json = JSON.stringify({ ...before, ...gone.patch, ...(gone.told ? { ts_unix_ms: nowUnixMs } : {}) });
    if (gone.told) this.#hand(topic, { topic: name, json, live: true });
    else hub.retain({ ...last, json });
  }

  #isNews(name: string, { quiet }: Topic, json: string, live: boolean): boolean {
    if (!quiet) return true;
    const meaning = JSON.stringify({ ...JSON.parse(json), ...Object.fromEntries(quiet.map((field) => [field, 0])) });
    const isNews = this.#meanings.get(name) !== meaning;
    if (live) this.#meanings.set(name, meaning);
    return isNews;
  }
}

/** The same message with what is secret taken out of the texts in these fields. */
function redactTexts(json: string, fields: readonly string[], redact: (text: string) => string): string {
  const hide = (value: unknown) => (typeof value === 'string' ? redact(value) : value);
  const shown = (key: string, value: unknown) => {
    if (!fields.includes(key)) return value;
    return Array.isArray(value) ? value.map(hide) : hide(value);
  };
  return JSON.stringify(JSON.parse(json, shown));
}

/** Whether all that is in `part` is so in `value`. */
function holds(value: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return Object.is(value, part);
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map(Object.entries(value));
  return Object.entries(part).every(([key, each]) => holds(fields.get(key), each));
}
