/** Messages that one node publishes: checked against the topics of its contract before they leave the worker. */
import type { Topics } from '../../schemas/topics.ts';
import { errorMessage } from '../errors.ts';
import type { Logger, MessageOptions } from '../node.ts';
import type { Published } from './messages.ts';
import { mismatch } from './mismatch.ts';

/** Invalid messages of a node are logged at the first, and then at every so many. */
const LOG_EVERY = 1000;

export interface PublicationServices {
  readonly log: Logger;
  count(name: string): void;
  /** @param mayDrop another one will follow soon */
  publish(message: Published, mayDrop: boolean): void | Promise<void>;
}

export class Publications {
  readonly #topics: Topics;
  readonly #services: PublicationServices;
  #refused = 0;

  constructor(topics: Topics, services: PublicationServices) {
    this.#topics = topics;
    this.#services = services;
  }

  /** Passes a message on; one of a topic that is not declared, or none of its topic, is dropped, counted and logged. */
  publish(name: string, value: unknown, { live = true, frame }: MessageOptions): void | Promise<void> {
    const topic = Object.hasOwn(this.#topics, name) ? this.#topics[name] : undefined;
    if (topic === undefined) return this.#refuse(name, 'the node does not declare this topic');
    if (typeof value !== 'object' || value === null) return this.#refuse(name, 'not an object');
    const wrong = mismatch(topic.schema, value);
    if (wrong !== null) return this.#refuse(name, wrong);
    let json: string | undefined;
    try {
      json = JSON.stringify(value);
    } catch (error) {
      return this.#refuse(name, errorMessage(error));
    }
    if (json === undefined) return this.#refuse(name, 'nothing, as JSON');
    // A message about a frame is followed by that of the next frame; any other message may be the last one for long.
    const mayDrop = topic.keep === 'latest' && frame !== undefined;
    return this.#services.publish({ topic: name, json, live, ...(frame ? { frame } : {}) }, mayDrop);
  }

  #refuse(topic: string, error: string): void {
    this.#services.count('refused_messages');
    this.#refused += 1;
    if (this.#refused % LOG_EVERY !== 1) return;
    this.#services.log.error('a message that is not of its topic is dropped', {
      code: 'bad_client_message',
      topic,
      error,
      so_far: this.#refused,
    });
  }
}
