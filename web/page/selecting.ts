/** What selects a target: a click or a tap on the picture, a row of the list, a key. And what switches autotrack. */
import type { AttachedOverlay } from '../client/index.ts';
import { call } from './http.ts';
import { mayCommand } from './login.tsx';
import { act, autotrack, feed, session } from './model.ts';

/** The overlay over an element of the page. */
export const overlayOf = new WeakMap<Element, AttachedOverlay>();

export function selectAt(event: MouseEvent): void {
  const { currentTarget, clientX, clientY } = event;
  const overlay = currentTarget instanceof Element ? overlayOf.get(currentTarget) : undefined;
  const box = overlay?.boxAt(clientX, clientY);
  if (box && mayCommand.value) void select(box.id);
}

export async function select(id: number): Promise<void> {
  await act(`Track ${id} is the target`, async () => feed.value?.select(id));
}

export async function clear(): Promise<void> {
  await act('No target', async () => feed.value?.clear());
}

export async function switchAutotrack(): Promise<void> {
  const [state, view] = [autotrack.value, session.value];
  if (!state || !view) return;
  const enabled = !state.enabled;
  const asked = { path: { id: view.session_id }, body: { enabled } };
  await act(`Autotrack is ${enabled ? 'on' : 'off'}`, () => call('POST /sessions/{id}/autotrack', asked));
}
