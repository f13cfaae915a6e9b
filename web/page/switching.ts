/** Autotrack on and off: a live option of the node, so an administrator's. */

import { call } from './http.ts';
import { act, autotrack, cameraId, session } from './model.ts';

export async function switchAutotrack(): Promise<void> {
  const [state, view, camera] = [autotrack.value, session.value, cameraId.value];
  if (!state || !view || camera === null) return;
  const enabled = !state.enabled;
  await act(`Autotrack is ${enabled ? 'on' : 'off'}`, async () => {
    const { nodes } = await call('GET /sessions/{id}/graph', { path: { id: view.session_id } });
    const node = nodes.find(({ use }) => use === 'autotrack');
    if (!node) throw new Error('no node of this graph is autotrack');
    await call('PATCH /settings/{section}', { path: { section: camera }, body: { [node.id]: { enabled } } });
  });
}
