/** What the tracker thought in a past stretch: its boxes, played, and its tracks. There where the server has a history. */
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { attachOverlay } from '../client/index.ts';
import { fetchText } from './http.ts';
import { cameraId, offers, tick } from './model.ts';
import { type Past, PastFeed, readPast } from './past-feed.ts';
import { clockText, percent } from './words.ts';

export const hasPast = signal(false);
/** This server has a history. */
export const isPastOffered = signal(false);

interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

const FIRST_MS = 2 * 60_000;

export function startPast(): void {
  void offers().then((routes) => {
    isPastOffered.value = routes.has('/history/replay');
  });
}

export function PastDialog() {
  const ref = useRef<HTMLDialogElement>(null);
  const isOpen = hasPast.value;
  useEffect(() => {
    if (isOpen) ref.current?.showModal();
    else ref.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={ref} class="past" aria-label="History" onClose={() => (hasPast.value = false)}>
      <h2>History of {cameraId.value}</h2>
      {isOpen && <Search />}
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}

function Search() {
  const nowMs = tick.peek()?.ts_unix_ms ?? Date.now();
  const [stretch, setStretch] = useState<Stretch>({ fromMs: nowMs - FIRST_MS, toMs: nowMs });
  const [found, setFound] = useState<{ readonly stretch: Stretch; readonly past: Past } | null>(null);
  const [why, setWhy] = useState('');
  const query = new URLSearchParams({
    ...{ camera_id: cameraId.value ?? '', after: String(stretch.fromMs), before: String(stretch.toMs) },
  });
  const path = `/history/replay?${query}`;
  const show = async () => {
    try {
      setFound({ stretch, past: readPast(await fetchText(path)) });
      setWhy('');
    } catch (error) {
      setFound(null);
      setWhy(error instanceof Error ? error.message : String(error));
    }
  };
  useEffect(() => void show(), []);
  return (
    <>
      <form
        class="search"
        onSubmit={(event) => {
          event.preventDefault();
          void show();
        }}
      >
        <Time name="From" value={stretch.fromMs} set={(fromMs) => setStretch({ ...stretch, fromMs })} />
        <Time name="to" value={stretch.toMs} set={(toMs) => setStretch({ ...stretch, toMs })} />
        <button type="submit">Show</button>
        <a href={path} download>
          Recording
        </a>
      </form>
      <p class="small" role="status">
        {why || (found && found.past.tracks.length === 0 ? 'Nothing was seen in this time.' : '')}
      </p>
      {found && <Player key={`${found.stretch.fromMs} ${found.stretch.toMs}`} {...found} />}
    </>
  );
}

function Time({ name, value, set }: { name: string; value: number; set: (unixMs: number) => void }) {
  return (
    <label>
      {name}{' '}
      <input
        type="datetime-local"
        step="1"
        value={localTime(value)}
        onChange={({ currentTarget }) => {
          const unixMs = new Date(currentTarget.value).getTime();
          if (Number.isFinite(unixMs)) set(unixMs);
        }}
      />
    </label>
  );
}

/** As the field wants it: `2026-11-29T12:03:00` of this computer's day. */
function localTime(unixMs: number): string {
  return new Date(unixMs - new Date(unixMs).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function Player({ stretch: { fromMs, toMs }, past }: { stretch: Stretch; past: Past }) {
  const ref = useRef<HTMLCanvasElement>(null);
  const position = useRef(past.ticks[0]?.ts_unix_ms ?? fromMs);
  const [isPlaying, setPlaying] = useState(true);
  const [shownMs, setShownMs] = useState(position.current);
  const jump = (unixMs: number) => {
    position.current = Math.min(Math.max(unixMs, fromMs), toMs);
    setShownMs(position.current);
  };
  useEffect(() => {
    if (!ref.current) return undefined;
    const overlay = attachOverlay(ref.current, new PastFeed(past), { captureUnixMs: () => position.current });
    return () => overlay.close();
  }, []);
  useEffect(() => {
    if (!isPlaying) return undefined;
    let [beforeMs, animation] = [performance.now(), 0];
    const turn = (nowMs: number) => {
      animation = requestAnimationFrame(turn);
      jump(position.current + nowMs - beforeMs);
      beforeMs = nowMs;
      if (position.current >= toMs) setPlaying(false);
    };
    animation = requestAnimationFrame(turn);
    return () => cancelAnimationFrame(animation);
  }, [isPlaying]);
  const size = past.ticks[0]?.frame_size ?? { w: 16, h: 9 };
  return (
    <>
      <div class="picture">
        <canvas ref={ref} class="ground" width={size.w} height={size.h} />
        <p class="caption">No picture was kept{past.sampleMs !== null && `; boxes every ${past.sampleMs} ms`}</p>
      </div>
      <div class="controls">
        <button type="button" onClick={() => setPlaying(!isPlaying)}>
          {isPlaying ? 'Halt' : 'Play'}
        </button>
        <input
          type="range"
          aria-label="Place in the stretch"
          min={fromMs}
          max={toMs}
          step={100}
          value={shownMs}
          onInput={({ currentTarget }) => jump(currentTarget.valueAsNumber)}
        />
        <span class="figure">{clockText(shownMs)}</span>
      </div>
      <Tracks past={past} jump={jump} />
    </>
  );
}

function Tracks({ past, jump }: { past: Past; jump: (unixMs: number) => void }) {
  return (
    <ul class="lives">
      {past.tracks.map(({ session_id, after }) => (
        <li key={`${session_id} ${after.id}`}>
          <button type="button" onClick={() => jump(after.start_ts_unix_ms)}>
            {after.id} {after.label} {percent(after.top_conf)}, {clockText(after.start_ts_unix_ms)} –{' '}
            {after.end_ts_unix_ms === null ? '' : clockText(after.end_ts_unix_ms)}
          </button>
        </li>
      ))}
    </ul>
  );
}
