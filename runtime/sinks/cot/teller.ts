/** Tells what the sessions see, at a steady rate: the latest tick of each, and the end of each track at once. */
import type { MetadataTick } from '../../../schemas/metadata-tick.ts';
import type { PtzState } from '../../../schemas/ptz-state.ts';
import type { Site } from '../../../schemas/site.ts';
import type { TrackEvent } from '../../../schemas/track-event.ts';
import { WindhoverError } from '../../errors.ts';
import type { Subscription } from '../../hub/hub.ts';
import type { Answer, Message, Subscriber } from '../../hub/message.ts';
import type { SinkHandle, SinkHost } from '../sink.ts';
import { type KnownPose, poseAt, trackBearings, viewOf } from './bearings.ts';
import { cameraEvent, endEvent, trackEvent, trackUid } from './events.ts';
import type { CotOptions } from './options.ts';
import type { Transport } from './transport.ts';

/** As many reports as may lie between the capture of a picture and its tick. */
const REPORTS = 32;

const NO_SITE = {
  code: 'cot_no_site',
  message: 'no graph says where its camera stands (site of publish): nothing is told',
};

interface SessionState {
  /** Text of the latest tick, until it is told. */
  tick: string | undefined;
  /** Oldest first. */
  readonly reports: KnownPose[];
  /** Told and not ended. */
  readonly told: Set<number>;
}

export class Teller implements Subscriber, SinkHandle {
  readonly topics = new Set(['ptz', 'tick', 'tracks']);
  readonly isRecord = false;
  readonly maxQueuedChars = 1024 * 1024;
  /** The connection is lost, or something here went wrong. */
  readonly failed: Promise<never>;
  readonly #failing = Promise.withResolvers<never>();
  readonly #options: CotOptions;
  readonly #host: SinkHost;
  readonly #transport: Transport;
  readonly #subscription: Subscription;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #sessions = new Map<string, SessionState>();
  #sent = 0;
  #dropped = 0;
  /** Pictures that could not be placed: nothing says where their camera looked. */
  #withoutPose = 0;

  constructor(options: CotOptions, host: SinkHost, transport: Transport) {
    this.#options = options;
    this.#host = host;
    this.#transport = transport;
    this.failed = Promise.race([transport.failed, this.#failing.promise]);
    this.#subscription = host.sessions.hub.subscribe(this);
    this.#timer = setInterval(() => {
      try {
        this.tell();
      } catch (error) {
        this.#failing.reject(error);
      }
    }, 1000 / options.hz);
  }

  deliver(batch: readonly Message[]): Answer {
    for (const message of batch) this.#take(message);
    return 'ok';
  }

  dropped(why: string): void {
    this.#failing.reject(new WindhoverError('cot_behind', `messages could not be taken: ${why}`));
  }

  /** Tells the latest of each session. */
  tell(): void {
    this.#host.report(this.#host.sessions.cameras().some(({ site }) => site) ? null : NO_SITE);
    for (const [sessionId, state] of this.#sessions) {
      this.#tellLatest(state);
      if (!this.#host.sessions.get(sessionId)) this.#sessions.delete(sessionId);
    }
  }

  figures() {
    return { events_sent: this.#sent, events_dropped: this.#dropped, pictures_without_pose: this.#withoutPose };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#subscription.end();
    await this.#transport.close();
  }

  #take({ sessionId, topic, json }: Message): void {
    const state = this.#sessions.get(sessionId) ?? { tick: undefined, reports: [], told: new Set<number>() };
    this.#sessions.set(sessionId, state);
    if (topic === 'tick') state.tick = json;
    if (topic === 'ptz') {
      state.reports.push(JSON.parse(json) as PtzState);
      if (state.reports.length > REPORTS) state.reports.shift();
    }
    if (topic === 'tracks') this.#tellEnd(JSON.parse(json) as TrackEvent, state);
  }

  #tellLatest(state: SessionState): void {
    if (state.tick === undefined) return;
    const tick = JSON.parse(state.tick) as MetadataTick;
    state.tick = undefined;
    const { camera_id: camera, session_id, ts_unix_ms: atUnixMs } = tick;
    const site = this.#siteOf(camera);
    if (!site) return;
    const pose = poseAt(site, state.reports, atUnixMs);
    if (!pose) {
      this.#withoutPose += 1;
      return;
    }
    const { line_m, stale_s } = this.#options;
    const times = { atUnixMs, staleMs: stale_s * 1000 };
    this.#send(cameraEvent(camera, site, viewOf(pose, tick.frame_size), line_m, times));
    for (const track of trackBearings(pose, tick)) {
      state.told.add(track.id);
      this.#send(trackEvent(trackUid(session_id, track.id), camera, site, track, line_m, times));
    }
  }

  #tellEnd({ event, session_id, camera_id, ts_unix_ms, after }: TrackEvent, state: SessionState): void {
    if (event !== 'end') return;
    // A tick that came before the end is told before it.
    this.#tellLatest(state);
    const site = this.#siteOf(camera_id);
    if (state.told.delete(after.id) && site)
      this.#send(endEvent(trackUid(session_id, after.id), camera_id, site, ts_unix_ms));
  }

  #siteOf(camera: string): Site | undefined {
    return this.#host.sessions.cameras().find(({ camera_id }) => camera_id === camera)?.site;
  }

  #send(event: string): void {
    if (this.#transport.send(event)) this.#sent += 1;
    else this.#dropped += 1;
  }
}
