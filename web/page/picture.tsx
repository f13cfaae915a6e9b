/** The live picture with its boxes: a video where there is one, else an empty ground of the frame's shape. */
import { useEffect, useRef } from 'preact/hooks';
import { type AttachedOverlay, attachOverlay, type OverlayOptions } from '../client/index.ts';
import { play } from '../player/index.ts';
import { Loupe } from './loupe.tsx';
import { camera, cameraId, feed, replay, shown, tick, zones } from './model.ts';
import { pictureState, StateOver } from './picture-state.tsx';
import { overlayOf, selectAt } from './selecting.ts';
import { cornerAt, drawing, shownZones, ZoneBar } from './zone-drawing.tsx';

/** What is shown of the drawn frame elsewhere on the page changes no more often. */
const SHOWN_EVERY_MS = 100;
/** A clip is set right when it is further off. */
const CLIP_OFF_S = 0.2;
/** The clip stays a little behind, so that the boxes of its frames are there. */
const CLIP_BEHIND_S = 0.15;

export function Picture() {
  const clip = replay.value?.video ?? null;
  const view = camera.value?.view_url ?? null;
  const key = `${cameraId.value} ${clip?.path} ${view}`;
  return (
    <section class="picture" aria-label="Live picture">
      {clip || view ? <Video key={key} clip={clip} view={view} /> : <Ground key={key} />}
      <StateOver />
      <ZoneBar />
      <Loupe />
    </section>
  );
}

/** A corner of the zone that is drawn, else a target. */
function clicked(event: MouseEvent): void {
  if (!cornerAt(event)) selectAt(event);
}

interface VideoProps {
  readonly clip: { readonly path: string; readonly start_unix_ms: number } | null;
  readonly view: string | null;
}

function Video({ clip, view }: VideoProps) {
  const ref = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = ref.current;
    if (!video) return undefined;
    pictureState.value = null;
    const onState = (why: string | null) => {
      pictureState.value = why;
    };
    const player = view && !clip ? play(video, view, { onState }) : undefined;
    const overlay = new Overlaid(video, {
      ...(clip ? { mediaZeroUnixMs: clip.start_unix_ms } : {}),
      ...(player ? { player } : {}),
    });
    const synced = clip ? setInterval(() => keepUp(video, clip.start_unix_ms), 250) : undefined;
    return () => {
      player?.close();
      clearInterval(synced);
      overlay.close();
    };
  }, []);
  return <video ref={ref} src={clip?.path} muted autoplay playsInline onClick={clicked} />;
}

/** Follows the replay, which the server drives. */
function keepUp(video: HTMLVideoElement, clipStartUnixMs: number): void {
  const { value: now } = replay;
  const unixMs = tick.value?.ts_unix_ms;
  if (!now || unixMs === undefined || !(video.duration > 0)) return;
  const wantedS = (unixMs - clipStartUnixMs) / 1000 - CLIP_BEHIND_S;
  if (!now.playing || wantedS >= video.duration) video.pause();
  else if (video.paused) void video.play().catch(() => undefined);
  video.playbackRate = Math.min(16, Math.max(0.1, now.speed));
  if (Math.abs(video.currentTime - wantedS) > CLIP_OFF_S * Math.max(1, now.speed)) {
    video.currentTime = Math.min(Math.max(0, wantedS), video.duration);
  }
}

/** No picture: the boxes of the latest tick, on a ground of the frame's shape. */
function Ground() {
  const ref = useRef<HTMLCanvasElement>(null);
  const size = tick.value?.frame_size ?? { w: 16, h: 9 };
  useEffect(() => {
    const canvas = ref.current;
    if (!canvas) return undefined;
    pictureState.value = null;
    const overlay = new Overlaid(canvas, { captureUnixMs: () => feed.value?.latest.tick?.ts_unix_ms ?? null });
    return () => overlay.close();
  }, []);
  // The drawn boxes lie on a canvas of their own over this one, which is never drawn on.
  return (
    <>
      <canvas ref={ref} class="ground" width={size.w} height={size.h} onClick={clicked} />
      <p class="caption">No picture: the graph names none (option view of source)</p>
    </>
  );
}

/** The overlay over the element, for the feed of the moment. */
class Overlaid {
  readonly #element: HTMLVideoElement | HTMLCanvasElement;
  readonly #options: OverlayOptions;
  #overlay: AttachedOverlay | undefined;
  #shownMs = 0;
  readonly #ends: (() => void)[];

  constructor(element: HTMLVideoElement | HTMLCanvasElement, options: OverlayOptions) {
    this.#element = element;
    this.#options = options;
    this.#ends = [feed, zones, drawing].map((each) => each.subscribe(() => this.#attach()));
  }

  #attach(): void {
    this.#overlay?.close();
    this.#overlay = undefined;
    if (!feed.value) return;
    this.#overlay = attachOverlay(this.#element, feed.value, {
      ...this.#options,
      zones: shownZones(),
      onFrame: (frame) => {
        const nowMs = performance.now();
        if (nowMs - this.#shownMs < SHOWN_EVERY_MS) return;
        this.#shownMs = nowMs;
        shown.value = frame;
      },
    });
    overlayOf.set(this.#element, this.#overlay);
  }

  close(): void {
    for (const end of this.#ends) end();
    this.#overlay?.close();
    overlayOf.delete(this.#element);
    shown.value = null;
  }
}
