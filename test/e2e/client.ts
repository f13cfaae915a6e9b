/** A WebSocket client that asks for everything a session has to say of its camera. */

import type { AutotrackState, MetadataTick, PtzState } from '../../schemas/index.ts';
import { PATIENCE_MS, until } from '../support/patience.ts';

type Message = MetadataTick | AutotrackState | PtzState | { readonly type: 'ack' | 'error' | 'track_event' };

export class Client implements Disposable {
  readonly ticks: MetadataTick[] = [];
  /** Every one so far; when each came, on this process's clock. */
  readonly states: (AutotrackState & { readonly cameAtMs: number })[] = [];
  readonly ptzStates: PtzState[] = [];
  readonly replies: unknown[] = [];
  isClosed = false;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(String(data)));
    socket.onclose = () => {
      this.isClosed = true;
    };
  }

  static async open(url: string, session: string): Promise<Client> {
    const query = '?topics=tick,tracks,ptz,autotrack';
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/sessions/${session}${query}`);
    const client = new Client(socket);
    await until('WebSocket open', () => socket.readyState === WebSocket.OPEN, PATIENCE_MS);
    return client;
  }

  get autotrack(): AutotrackState | undefined {
    return this.states.at(-1);
  }

  get ptz(): PtzState | undefined {
    return this.ptzStates.at(-1);
  }

  get tick(): MetadataTick | undefined {
    return this.ticks.at(-1);
  }

  /** Waits for a state of the autotracker, from now on or already there. */
  async state(what: string, holds: (state: AutotrackState) => boolean, deadlineMs = PATIENCE_MS) {
    await until(what, () => this.autotrack !== undefined && holds(this.autotrack), deadlineMs).catch((error: Error) => {
      throw new Error(`${error.message}; ${told(this.autotrack)}; link ${JSON.stringify(this.ptz?.link)}`);
    });
  }

  async ask(command: unknown): Promise<unknown> {
    const before = this.replies.length;
    this.#socket.send(JSON.stringify(command));
    await until(`reply to ${JSON.stringify(command)}`, () => this.replies.length > before, PATIENCE_MS);
    return this.replies[before];
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #take(message: Message): void {
    if (message.type === 'metadata_tick') this.ticks.push(message);
    else if (message.type === 'autotrack_state') this.states.push({ ...message, cameAtMs: performance.now() });
    else if (message.type === 'ptz_state') this.ptzStates.push(message);
    else if (message.type !== 'track_event') this.replies.push(message);
  }
}

/** What an autotracker says of itself, in a line. */
export function told(state: AutotrackState | undefined): string {
  if (!state) return 'it has said nothing';
  const { reason, rung, rejected, notes, calibration } = state;
  const why = reason ? ` (${reason.code}: ${reason.message})` : '';
  return `it is ${state.state}${why}, rung ${rung}, calibration ${calibration.state}, ${JSON.stringify({ rejected, notes })}`;
}
