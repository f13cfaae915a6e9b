/**
 * The board of a session: what its nodes tell each other beside the links. Fire and forget: the latest news, to the
 * nodes that listen; see `NodeContext.board`.
 *
 *     node ──post──▶ Board of its worker ──▶ Inbox of every other node of that worker
 *                        │ BroadcastChannel
 *                        ▼
 *                    Boards of the session's other workers ──▶ Inboxes of their nodes
 *
 * One sender's values reach a listener in order. Nothing is said about the order of two senders, nor about that of a
 * value on the board and one on a link: they travel separately.
 */
import type { BoardTopic } from '../node.ts';
import type { BoardMessage } from './messages.ts';

/** Longest backlog of a node, so that a node that hangs does not fill the memory. */
const LONGEST_BACKLOG = 1024;

/** The board as the nodes of one worker share it. */
export class Board {
  #hearers: readonly { readonly node: string; readonly hear: (message: BoardMessage) => void }[] = [];
  readonly #pass: (message: BoardMessage) => void;

  /** @param pass takes what the nodes here post to the session's other workers */
  constructor(pass: (message: BoardMessage) => void) {
    this.#pass = pass;
  }

  join(node: string, hear: (message: BoardMessage) => void): void {
    this.#hearers = [...this.#hearers, { node, hear }];
  }

  leave(node: string): void {
    this.#hearers = this.#hearers.filter((hearer) => hearer.node !== node);
  }

  /** Sends to all nodes except the one that posts. @throws DataCloneError when the value is not plain data */
  post(from: string, topic: string, value: unknown): void {
    // A copy, as for other workers: later changes of the value stay with the sender.
    const message: BoardMessage = { topic, value: structuredClone(value) };
    for (const { node, hear } of this.#hearers) if (node !== from) hear(message);
    this.#pass(message);
  }

  /** News from another worker. */
  receive(message: BoardMessage): void {
    for (const { hear } of this.#hearers) hear(message);
  }
}

type Listener = (value: never) => void | Promise<void>;

/** Values of the board that a node has not handled yet. */
export class Inbox {
  readonly #watched = new Map<string, { readonly keep: BoardTopic['keep']; readonly listeners: Listener[] }>();
  #unheard: BoardMessage[] = [];

  watch({ name, keep }: BoardTopic, listener: Listener): void {
    const watched = this.#watched.get(name) ?? { keep, listeners: [] };
    watched.listeners.push(listener);
    this.#watched.set(name, watched);
  }

  /** @returns how many values were dropped: more than none only for a node that hangs */
  put(message: BoardMessage): number {
    const watched = this.#watched.get(message.topic);
    if (!watched) return 0;
    if (watched.keep === 'latest') this.#unheard = this.#unheard.filter(({ topic }) => topic !== message.topic);
    this.#unheard.push(message);
    const lost = this.#unheard.splice(0, Math.max(0, this.#unheard.length - LONGEST_BACKLOG));
    return lost.length;
  }

  get isEmpty(): boolean {
    return this.#unheard.length === 0;
  }

  /** Calls the listeners for the waiting values, one after the other. */
  async read(): Promise<void> {
    const unheard = this.#unheard;
    this.#unheard = [];
    for (const { topic, value } of unheard) {
      for (const listener of this.#watched.get(topic)?.listeners ?? []) await listener(value as never);
    }
  }
}

/** The workers of one session share a process, and a channel that carries the session's name. It lives as long as they. */
export function openBoard(sessionId: string): Board {
  const channel = new BroadcastChannel(`board of ${sessionId}`);
  channel.unref();
  const board = new Board((message) => channel.postMessage(message));
  channel.onmessage = ({ data }) => board.receive(data as BoardMessage);
  return board;
}
