/** The last minutes, or a whole recording: a thin bar a track, selections below, gaps of the source hatched. */
import { useEffect, useRef } from 'preact/hooks';
import type { Life, Stretch } from './lives.ts';
import { mayCommand } from './login.tsx';
import { beat, changeReplay, lives, replay, tick } from './model.ts';
import { clockText, durationText } from './words.ts';

const SHOWN_MS = 5 * 60_000;
const STEP_MS = 1000;
const [BAR, SPACE] = [6, 3];
/** The selections are at the lower edge. */
const SELECTION_HEIGHT = 3;

export function Timeline() {
  const ref = useRef<HTMLCanvasElement>(null);
  const at = replay.value;
  const nowMs = tick.value?.ts_unix_ms ?? lives.latestMs ?? 0;
  const fromMs = at ? at.start_unix_ms : nowMs - SHOWN_MS;
  const lengthMs = at ? Math.max(1, at.duration_ms) : SHOWN_MS;
  useEffect(() => {
    const turn = beat.value + lives.changed.value;
    if (ref.current && turn >= 0) draw(ref.current, fromMs, lengthMs, nowMs);
  });
  const words = `${lives.all.length} tracks in the last ${durationText(lengthMs)}`;
  const jump = (share: number) => void changeReplay({ position_ms: Math.min(1, Math.max(0, share)) * lengthMs });
  const click = ({ currentTarget, offsetX }: MouseEvent & { currentTarget: HTMLElement }) => {
    if (at && mayCommand.value) jump(offsetX / currentTarget.clientWidth);
  };
  return (
    <section class="timeline" aria-label="Timeline">
      <canvas ref={ref} role="img" aria-label={words} onClick={click} />
      {at && mayCommand.value && (
        <div class="controls">
          <button type="button" onClick={() => void changeReplay({ playing: !at.playing })}>
            {at.playing ? 'Halt' : 'Play'}
          </button>
          <input
            type="range"
            aria-label="Place in the recording"
            min={0}
            max={at.duration_ms}
            step={STEP_MS / 10}
            value={nowMs - at.start_unix_ms}
            onChange={({ currentTarget }) => void changeReplay({ position_ms: currentTarget.valueAsNumber })}
          />
          <span class="figure">{clockText(nowMs)}</span>
        </div>
      )}
    </section>
  );
}

/** One hue a label. */
function colourOf(label: string): string {
  let hash = 7;
  for (const char of label) hash = (hash * 31 + char.charCodeAt(0)) % 360;
  return `hsl(${hash} 60% 60%)`;
}

function draw(canvas: HTMLCanvasElement, fromMs: number, lengthMs: number, nowMs: number): void {
  const context = canvas.getContext('2d');
  const [width, height, ratio] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio];
  if (!context) return;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const x = (ms: number) => ((ms - fromMs) / lengthMs) * width;
  const bar = ({ fromMs: from, toMs: to }: Stretch, top: number, high: number) =>
    context.fillRect(x(from), top, Math.max(2, x(to) - x(from)), high);
  context.fillStyle = 'rgb(128 128 128 / 25%)';
  for (const gap of lives.gaps) bar(gap, 0, height);
  for (const [i, life] of rows(lives.all, fromMs, height - SELECTION_HEIGHT)) {
    context.fillStyle = colourOf(life.label);
    bar({ fromMs: life.fromMs, toMs: life.toMs ?? nowMs }, i * (BAR + SPACE) + SPACE, BAR);
  }
  context.fillStyle = '#33d17a';
  for (const selection of lives.selections) bar(selection, height - SELECTION_HEIGHT, SELECTION_HEIGHT);
  context.fillStyle = 'rgb(128 128 128)';
  context.fillRect(x(nowMs) - 1, 0, 1, height);
}

/** Each life in the first row that is free. */
function* rows(all: readonly Life[], fromMs: number, height: number): Generator<readonly [row: number, life: Life]> {
  const most = Math.floor(height / (BAR + SPACE));
  const free: number[] = [];
  for (const life of all.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const toMs = life.toMs ?? Number.POSITIVE_INFINITY;
    if (toMs < fromMs) continue;
    const at = free.findIndex((untilMs) => untilMs <= life.fromMs);
    const row = at >= 0 ? at : free.length;
    free[row] = toMs;
    if (row < most) yield [row, life];
  }
}
