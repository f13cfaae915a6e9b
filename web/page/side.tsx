/** The column beside the picture: the target, the autotracker, where the camera points, and the tracks. */
import { mayCommand } from './login.tsx';
import { autotrack, ptz, tick } from './model.ts';
import { clear, select, switchAutotrack } from './selecting.ts';
import { degrees, percent } from './words.ts';

export function Side() {
  return (
    <aside class="side">
      <Target />
      <Autotrack />
      <Tracks />
    </aside>
  );
}

const PHASES = { idle: 'no target', tracking: 'in sight', searching: 'searched', lost: 'lost' } as const;

function Target() {
  const now = tick.value;
  const id = now?.selected_target_id ?? null;
  const track = now?.tracks.find((each) => each.id === id);
  const phase = now?.tracking_phase ?? 'idle';
  return (
    <section aria-label="Target">
      <h2>Target</h2>
      <p class={`target ${phase}`}>
        <span class="shape" aria-hidden="true" />
        {id === null
          ? `None${mayCommand.value ? ': click a box' : ''}`
          : `${id} ${track?.label ?? ''}, ${PHASES[phase]}`}
      </p>
      {track && (
        <p class="small">
          confidence {percent(track.conf)}
          {track.zones?.length ? ` · in ${track.zones.join(', ')}` : ''}
        </p>
      )}
      {mayCommand.value && (
        <button type="button" disabled={id === null} onClick={() => void clear()}>
          Clear <kbd>Esc</kbd>
        </button>
      )}
    </section>
  );
}

function Autotrack() {
  const state = autotrack.value;
  const pose = ptz.value;
  return (
    <section aria-label="Autotrack">
      <h2>Autotrack</h2>
      {state === null ? (
        <p class="small">This graph does not steer a camera.</p>
      ) : (
        <>
          <p class={state.active ? 'good' : ''}>
            {state.state}
            {state.enabled ? '' : ', switched off'}
          </p>
          {mayCommand.value && (
            <button type="button" onClick={() => void switchAutotrack()}>
              {state.enabled ? 'Switch off' : 'Switch on'} <kbd>a</kbd>
            </button>
          )}
          {state.reason && <p class="small">{state.reason.message}</p>}
          {state.notes.map((note) => (
            <p class="small" key={note}>
              {note}
            </p>
          ))}
        </>
      )}
      {pose && (
        <dl class="pose">
          <dt>link</dt>
          <dd>
            {pose.link.state}
            {pose.link.reason ? `: ${pose.link.reason}` : ''}
          </dd>
          <dt>pan, tilt</dt>
          <dd>
            {degrees(pose.pan_deg)}, {degrees(pose.tilt_deg)}
          </dd>
          <dt>zoom</dt>
          <dd>{pose.zoom === null ? '–' : percent(pose.zoom)}</dd>
        </dl>
      )}
    </section>
  );
}

function Tracks() {
  const now = tick.value;
  const tracks = now?.tracks ?? [];
  return (
    <section class="tracks" aria-label="Tracks">
      <h2>
        Tracks <span class="small">{tracks.length}</span>
      </h2>
      {tracks.length === 0 ? (
        <p class="small">Nothing is seen.</p>
      ) : (
        <ol>
          {tracks.map(({ id, label, conf, zones }, i) => (
            <li key={id}>
              <button
                type="button"
                disabled={!mayCommand.value}
                aria-pressed={id === now?.selected_target_id}
                onClick={() => void select(id)}
              >
                {i < 9 && mayCommand.value && <kbd>{i + 1}</kbd>}
                <span class="id">{id}</span> {label} <span class="figure">{percent(conf)}</span>
                {zones?.length ? <span class="small"> {zones.join(', ')}</span> : null}
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
