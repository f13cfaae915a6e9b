/** Messages that one node publishes: checked against the topics of its contract before they leave the worker. */
import type { TSchema } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import type { Topic, Topics } from '../../schemas/topics.ts';
import { errorMessage } from '../errors.ts';
import type { Logger, MessageOptions } from '../node.ts';
import type { Published } from './messages.ts';
import { mismatch } from './mismatch.ts';

/** Invalid messages of a node are logged at the first, and then at every so many. */
const LOG_EVERY = 1000;

export interface PublicationServices {
  readonly log: Logger;
  count(name: string): void;
  /** @param latest only the latest message of its topic counts */
  publish(message: Published, latest: boolean): void | Promise<void>;
}

export class Publications {
  readonly #topics = new Map<string, { readonly topic: Topic; readonly check: TypeCheck<TSchema> }>();
  readonly #services: PublicationServices;
  #refused = 0;

  constructor(topics: Topics, services: PublicationServices) {
    // Compiled before the first frame: a message is checked in 2 µs then, instead of 25 and much more in the beginning.
    for (const [name, topic] of Object.entries(topics)) {
      this.#topics.set(name, { topic, check: TypeCompiler.Compile(topic.schema) });
    }
    this.#services = services;
  }

  /** Passes a message on; one of a topic that is not declared, or none of its topic, is dropped, counted and logged. */
  publish(name: string, value: unknown, { live = true, frame }: MessageOptions): void | Promise<void> {
    const declared = this.#topics.get(name);
    if (!declared) return this.#refuse(name, 'the node does not declare this topic');
    if (typeof value !== 'object' || value === null) return this.#refuse(name, 'not an object');
    const { topic, check } = declared;
    if (!check.Check(value)) return this.#refuse(name, mismatch(topic.schema, value) ?? 'not of its schema');
    let json: string | undefined;
    try {
      json = JSON.stringify(value);
    } catch (error) {
      return this.#refuse(name, errorMessage(error));
    }
    if (json === undefined) return this.#refuse(name, 'nothing, as JSON');
    return this.#services.publish({ topic: name, json, live, ...(frame ? { frame } : {}) }, topic.keep === 'latest');
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
