/** How many confirmed tracks of each label are there, in the picture and in each zone. Pure. */
import type { TrackEvent } from '../../../schemas/index.ts';
import { countTopics } from './topic-names.ts';

/** Topics of one camera; more are left out. */
const MOST_TOPICS = 500;

export class Counts {
  /** By the path behind the camera; once told, a topic stays, at 0. */
  readonly #counts = new Map([['all', 0]]);
  /** The topics that each open track counts in. */
  readonly #open = new Map<number, readonly string[]>();

  get all(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** @returns paths whose number may have changed */
  see({ event, after }: TrackEvent): string[] {
    const before = this.#take(after.id);
    if (event === 'end') return before;
    const topics = countTopics(after.label, after.zones).filter((topic) => this.#hasRoom(topic));
    this.#open.set(after.id, topics);
    for (const topic of topics) this.#add(topic, 1);
    return [...before, ...topics];
  }

  /** The session is gone, and its tracks with it. */
  clear(): void {
    for (const id of [...this.#open.keys()]) this.#take(id);
  }

  #take(id: number): string[] {
    const topics = this.#open.get(id) ?? [];
    this.#open.delete(id);
    for (const topic of topics) this.#add(topic, -1);
    return [...topics];
  }

  #add(topic: string, by: number): void {
    this.#counts.set(topic, (this.#counts.get(topic) ?? 0) + by);
  }

  #hasRoom(topic: string): boolean {
    return this.#counts.has(topic) || this.#counts.size < MOST_TOPICS;
  }
}
