/** What one camera has to say by MQTT, from the messages of its session. Pure. */
import type { AutotrackState, MetadataTick, TrackEvent } from '../../../schemas/index.ts';
import type { SessionView } from '../../session/api.ts';
import { Counts } from './counts.ts';
import { FrigateEvents } from './frigate.ts';

/** Where a payload goes, behind the camera. */
export type Say = (path: string, payload: string) => void;

export class Camera {
  readonly counts = new Counts();
  /** Its graph steers a camera. */
  steers = false;
  readonly #say: Say;
  readonly #frigate = new FrigateEvents();
  #frame: MetadataTick['frame_size'] | undefined;

  constructor(say: Say) {
    this.#say = say;
    this.gone();
  }

  /** There is no session: nothing is there, and nothing goes on. */
  gone(): void {
    this.counts.clear();
    this.#tellCounts(this.counts.all.keys());
    this.#say('status', 'offline');
    this.#say('autotrack/state', 'OFF');
    this.#tellTarget(null, 'idle');
    this.#tellProblem(null);
  }

  /** @returns the event in the form of Frigate */
  event(event: TrackEvent, form: 'windhover' | 'frigate'): string {
    this.#tellCounts(this.counts.see(event));
    return JSON.stringify(form === 'frigate' ? this.#frigate.convert(event, this.#frame) : event);
  }

  tick({ frame_size, selected_target_id, tracking_phase }: MetadataTick): void {
    this.#frame = frame_size;
    this.#tellTarget(selected_target_id ?? null, tracking_phase);
  }

  autotrack({ enabled, state }: AutotrackState): void {
    this.steers = true;
    this.#say('autotrack/state', enabled && state !== 'off' ? 'ON' : 'OFF');
  }

  session({ state, fault }: SessionView): void {
    this.#say('status', state === 'running' && fault === null ? 'online' : 'offline');
    this.#tellProblem(fault?.code === 'starting' ? null : fault);
  }

  #tellCounts(paths: Iterable<string>): void {
    for (const path of paths) this.#say(path, String(this.counts.all.get(path) ?? 0));
  }

  #tellTarget(target_id: number | null, phase: MetadataTick['tracking_phase']): void {
    this.#say('target/state', JSON.stringify({ target_id, phase }));
  }

  #tellProblem(fault: SessionView['fault']): void {
    const { code = null, message = null, since_unix_ms = null } = fault ?? {};
    this.#say('problem', JSON.stringify({ state: fault ? 'ON' : 'OFF', code, message, since_unix_ms }));
  }
}
