/** Why there is no picture, or an old one, in words and since when: over the picture, where the eye is. */
import { signal } from '@preact/signals';
import { mayChange } from './login.tsx';
import {
  act,
  beat,
  camera,
  cameraId,
  cameras,
  feedState,
  isServerGone,
  notice,
  replay,
  session,
  startSession,
} from './model.ts';
import { sinceText } from './words.ts';

/** Why the video does not play; null: it does, or there is none. */
export const pictureState = signal<string | null>(null);

export function StateOver() {
  const words = stateWords();
  const told = notice.value;
  return (
    <>
      <div class="over" role="status" aria-live="polite">
        {words && (
          <p class="state">
            <span class="icon" aria-hidden="true">
              ⚠
            </span>
            {words}
            {canStart() && mayChange.value && (
              <button type="button" onClick={() => void act('Session started', startSession)}>
                Start
              </button>
            )}
          </p>
        )}
      </div>
      <div class="over notice" role="status" aria-live="polite">
        {told && <p class={told.isRefusal ? 'state refusal' : 'state'}>{told.text}</p>}
      </div>
    </>
  );
}

function canStart(): boolean {
  return camera.value !== null && camera.value.session_id === null;
}

function stateWords(): string | null {
  const nowMs = Date.now() + 0 * beat.value;
  const { status, why, sinceUnixMs } = feedState.value;
  if (isServerGone.value) return `The server does not answer, ${sinceText(sinceUnixMs, nowMs)}.`;
  if (cameras.value.length === 0) return 'The server has no cameras.';
  if (canStart()) return `No session runs for ${cameraId.value}.`;
  const fault = session.value?.fault;
  if (fault) return `${fault.message}, ${sinceText(fault.since_unix_ms, nowMs)}`;
  if (replay.value && !replay.value.playing) return null;
  if (status === 'down') return `Not connected: ${why}, ${sinceText(sinceUnixMs, nowMs)}`;
  if (status === 'stale') return `Nothing comes, ${sinceText(sinceUnixMs, nowMs)}: ${why}`;
  return pictureState.value && `No picture: ${pictureState.value}`;
}
