/** A session in which tracks are made, published and told of, on a clock that the test turns; see life.test.ts. */
import publish from '../../../nodes/publish/index.ts';
import track from '../../../nodes/track/index.ts';
import { type Detection, defineNode, type TracksMessage, Type, WallTime } from '../../../runtime/node.ts';
import { OpenTracks } from '../../../runtime/session/open-tracks.ts';
import type { MetadataTick, TrackEvent } from '../../../schemas/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { metaOf, trackOf } from '../recorded.ts';
import { type FakeRun, openNode } from '../track/fake-context.ts';

export type Restart = 'crash' | 'publish handed over' | 'publish replaced' | 'track handed over';

/** One frame: when it was captured, and how long it takes on its way. */
export interface Step {
  /** Since the frame before. */
  readonly gapMs: number;
  /** From the camera; frames stay in order. */
  readonly networkMs: number;
  /** From there to `track`, and from `track` to `publish`. */
  readonly toTrackMs: number;
  readonly toPublishMs: number;
  /** Objects seen, by number. */
  readonly seen: readonly number[];
  /** The message from track to publish is dropped. */
  readonly isDropped?: boolean;
  readonly restart?: Restart | undefined;
  /** The wall clock is set when the frame arrives. */
  readonly setMs?: number | undefined;
}

export interface Options {
  readonly lostAfterS?: number;
  readonly endAfterMs?: number;
  /** In place of `track`: every object has its number as its id, and nothing is said of those that it remembers. */
  readonly foreignTracker?: boolean;
  /** A node in between makes its messages anew, and says nothing of the tracks that are remembered. */
  readonly forgets?: boolean;
}

const BEAT_MS = 100;

/** A tracker of somebody else: ids never change, and it keeps nothing. */
const foreign = defineNode({
  name: 'foreign',
  doc: 'Calls every object by its number.',
  params: Type.Object({}),
  inputs: { detections: { kind: 'detections' } },
  outputs: { tracks: { kind: 'tracks' } },
  open: ({ emit }) => ({
    on: {
      detections: ({ frame, detections }) =>
        emit.tracks({ frame, tracks: detections.map(({ bboxPx }) => trackOf(1 + bboxPx.x / 200)), inferenceMs: 0 }),
    },
  }),
});

/** A session: what clients are told of it, over all its processes. */
class Rig {
  readonly clock = new ManualClock(0);
  readonly events: TrackEvent[] = [];
  /** Everything, in order. */
  readonly #log: (TrackEvent | MetadataTick)[] = [];
  readonly #wall = new WallTime(this.clock);
  readonly #open = new OpenTracks(this.#wall);
  readonly #options: Options;
  readonly #due: { readonly atMs: number; readonly order: number; readonly act: () => Promise<void> }[] = [];
  #order = 0;
  #inHand = 0;
  #life = 0;
  #track: FakeRun | undefined;
  #publish: FakeRun | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  async play(steps: readonly Step[]): Promise<void> {
    await this.#openTrack(undefined);
    await this.#openPublish(undefined);
    let [captureMs, arrivedMs, trackedMs, publishedMs] = [0, 0, 0, 0];
    steps.forEach((step, index) => {
      captureMs += step.gapMs;
      arrivedMs = Math.max(arrivedMs, captureMs + step.networkMs);
      trackedMs = Math.max(trackedMs, arrivedMs + step.toTrackMs);
      publishedMs = Math.max(publishedMs, trackedMs + step.toPublishMs);
      this.#schedule(step, { index, captureMs, arrivedMs, trackedMs, publishedMs });
    });
    for (let atMs = 0; atMs < publishedMs + 12_000; atMs += BEAT_MS) this.#at(atMs, () => this.#beat());
    while (this.#due.length > 0) {
      this.#due.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      const next = this.#due.shift();
      this.clock.advance(Math.max(0, (next?.atMs ?? 0) - this.clock.monoMs()));
      await next?.act();
      this.#collect();
    }
    await this.#publish?.handlers.end?.();
    this.#collect();
  }

  #schedule(
    { seen, isDropped, restart, setMs = 0 }: Step,
    at: Record<'index' | 'captureMs' | 'arrivedMs' | 'trackedMs' | 'publishedMs', number>,
  ): void {
    const { index, captureMs, arrivedMs, trackedMs, publishedMs } = at;
    let frame = metaOf(index);
    let life = -1;
    let message: TracksMessage | undefined;
    const isHere = () => life === this.#life;
    if (restart) this.#at(arrivedMs, () => this.#restart(restart));
    this.#at(arrivedMs, async () => {
      life = this.#life;
      this.#inHand += 1;
      this.clock.setWall(setMs);
      frame = metaOf(index, { captureMonoMs: captureMs, captureUnixMs: this.#wall.at(captureMs) });
    });
    this.#at(trackedMs, async () => {
      if (!isHere()) return;
      await this.#track?.handlers.on?.detections?.({ frame, detections: seen.map(detection), inferenceMs: 0 } as never);
      message = structuredClone(this.#track?.sent.tracks?.at(-1) as TracksMessage);
      if (this.#options.forgets) message = { frame, tracks: message.tracks, inferenceMs: 0 };
      if (isDropped) this.#inHand -= 1;
    });
    this.#at(publishedMs, async () => {
      if (!isHere() || isDropped || !message) return;
      await this.#publish?.handlers.joined?.({ tracks: message } as never);
      this.#inHand -= 1;
    });
  }

  #at(atMs: number, act: () => Promise<void>): void {
    this.#due.push({ atMs, order: this.#order++, act });
  }

  async #beat(): Promise<void> {
    for (const beat of this.#publish?.beats ?? []) await beat();
  }

  async #restart(how: Restart): Promise<void> {
    const [oldTrack, oldPublish] = [this.#track, this.#publish];
    if (how === 'publish handed over') return this.#openPublish(oldPublish?.handlers.handover?.());
    if (how === 'track handed over') return this.#openTrack(oldTrack?.handlers.handover?.());
    // What was on its way is lost.
    this.#life += 1;
    this.#inHand = 0;
    if (how === 'publish replaced') {
      await oldPublish?.handlers.end?.();
      this.#collect();
      return this.#openPublish(undefined);
    }
    this.events.push(...(this.#open.endAll(this.clock.unixMs(), this.#tickUnixMs) as TrackEvent[]));
    await this.#openTrack(oldTrack?.kept.at(-1));
    await this.#openPublish(oldPublish?.kept.at(-1) ?? this.#publishKept);
  }

  #publishKept: unknown;
  #tickUnixMs: number | undefined;

  async #openTrack(kept: unknown): Promise<void> {
    const params = this.#options.foreignTracker ? {} : { lost_after_s: this.#options.lostAfterS ?? 1 };
    const before = this.#track?.kept ?? [];
    this.#track = await openNode(this.#options.foreignTracker ? foreign : track, { params, kept, clock: this.clock });
    this.#track.kept.push(...before.slice(-1));
  }

  async #openPublish(kept: unknown): Promise<void> {
    this.#publishKept = this.#publish?.kept.at(-1) ?? this.#publishKept;
    const params = { end_after_ms: this.#options.endAfterMs ?? 1000, hz: 1000 };
    const isQuiet = () => this.#inHand === 0;
    this.#publish = await openNode(publish, { params, kept, clock: this.clock, pace: 'realtime', isQuiet });
  }

  /** Passes on what publish has put out: to clients, and to the tracker. */
  #collect(): void {
    const { published = [], posts = [] } = this.#publish ?? {};
    for (const { message } of published.splice(0)) {
      const sent = message as TrackEvent | MetadataTick;
      this.#log.push(sent);
      if (sent.type === 'track_event') {
        this.events.push(sent);
        this.#open.note(sent);
      } else {
        this.#open.noteTick();
        this.#tickUnixMs = sent.ts_unix_ms;
      }
    }
    for (const { topic, value } of posts.splice(0)) this.#track?.hear(topic, value);
  }

  /** What is wrong about what clients were told. */
  faults(): string[] {
    const faults: string[] = [];
    const lives = new Map<number, 'open' | 'over'>();
    for (const { event, before, after, ts_unix_ms } of this.events) {
      const life = lives.get(after.id);
      if (event === 'new' && life) faults.push(`new of ${after.id}, which is ${life}`);
      if (event !== 'new' && life !== 'open') faults.push(`${event} of ${after.id}, which is ${life ?? 'unknown'}`);
      if (event !== 'new' && before === null) faults.push(`${event} of ${after.id} with nothing before`);
      const lastedMs = (after.end_ts_unix_ms ?? ts_unix_ms) - after.start_ts_unix_ms;
      if (lastedMs < 0 || lastedMs > this.clock.monoMs())
        faults.push(`${event} of ${after.id}: it lasts ${lastedMs} ms`);
      const agoMs = ts_unix_ms - (after.end_ts_unix_ms ?? ts_unix_ms);
      if (agoMs < 0 || agoMs > this.clock.monoMs()) faults.push(`end of ${after.id}, seen ${agoMs} ms ago`);
      lives.set(after.id, event === 'end' ? 'over' : 'open');
    }
    for (const [id, life] of lives) if (life === 'open') faults.push(`no end of ${id}`);
    const over = new Set<number>();
    for (const message of this.#log) {
      if (message.type === 'track_event') {
        if (message.event === 'end') over.add(message.after.id);
      } else for (const { id } of message.tracks) if (over.has(id)) faults.push(`a tick shows ${id} after its end`);
    }
    return faults;
  }

  count(event: TrackEvent['event']): number {
    return this.events.filter((each) => each.event === event).length;
  }
}

function detection(object: number): Detection {
  return { bboxPx: { x: object * 200, y: 100, w: 60, h: 60 }, confidence: 0.9, label: 'drone' };
}

export async function played(steps: readonly Step[], options: Options = {}): Promise<Rig> {
  const rig = new Rig(options);
  await rig.play(steps);
  return rig;
}
