/** The bar on top: which camera, how its session does, how well times are known, and what is wrong. */
import { hasGraph } from './graph.tsx';
import { LoggedIn } from './login.tsx';
import { beat, camera, cameraId, cameras, clock, feedState, replay, session, shown, warnings } from './model.ts';
import { hasPast, isPastOffered } from './past.tsx';
import { hasSettings, maySet } from './settings-model.ts';
import { sinceText } from './words.ts';

export function Bar() {
  const view = session.value;
  const { status } = feedState.value;
  const state = status === 'live' ? (view?.state ?? 'live') : status;
  const p99Ms = view?.latency_ms.end_to_end_p99;
  return (
    <header class="bar">
      <h1>Windhover</h1>
      <label>
        <span class="hidden">Camera</span>
        <select value={cameraId.value ?? ''} onChange={({ currentTarget }) => (cameraId.value = currentTarget.value)}>
          {cameras.value.map(({ camera_id }) => (
            <option key={camera_id}>{camera_id}</option>
          ))}
        </select>
      </label>
      <span class={`pill ${status}`}>{replay.value ? `replay ${replay.value.speed}×` : state}</span>
      <dl>
        <Figure name="fps" value={view && !replay.value ? view.fps.out.toFixed(1) : '–'} />
        <Figure name="latency p99" value={p99Ms == null ? '–' : `${Math.round(p99Ms)} ms`} />
        <Figure name="clock" value={clockWords()} />
      </dl>
      {!replay.value && (
        <button type="button" onClick={() => (hasGraph.value = true)}>
          Graph
        </button>
      )}
      {isPastOffered.value && (
        <button type="button" onClick={() => (hasPast.value = true)}>
          History
        </button>
      )}
      {maySet.value && (
        <button type="button" onClick={() => (hasSettings.value = !hasSettings.value)}>
          Settings
        </button>
      )}
      <Faults />
      <LoggedIn />
    </header>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** How the time of the displayed frame is known, and how far off it may be; and the time of the ticks themselves. */
function clockWords(): string {
  const frame = shown.value?.time;
  const own = clock.value;
  const isMp4 = frame?.clock === 'media' && !replay.value;
  const ofFrame = frame
    ? `${frame.clock}${isMp4 ? ' (MP4, no WebRTC)' : ''}${frame.errorMs === null ? '' : ` ±${Math.round(frame.errorMs)} ms`}`
    : '–';
  return own ? `${ofFrame} · ${own.basis} ±${own.error_ms} ms` : ofFrame;
}

function Faults() {
  const nowMs = Date.now() + 0 * beat.value;
  const fault = session.value?.fault;
  const all = [...(fault && camera.value ? [fault] : []), ...warnings.value];
  if (all.length === 0) return null;
  return (
    <details class="faults">
      <summary>
        ⚠ {all.length} {all.length === 1 ? 'fault' : 'faults'}
      </summary>
      <ul>
        {all.map(({ message, since_unix_ms }) => (
          <li key={message}>
            {message}, {sinceText(since_unix_ms, nowMs)}
          </li>
        ))}
      </ul>
    </details>
  );
}
