/** Steps of the tests in which the camera is away. */
import { expect } from 'bun:test';
import type { Readiness } from '../../runtime/session/api.ts';
import { PATIENCE_MS, until } from '../support/patience.ts';
import { Chase } from './chase.ts';
import { type ChaseOptions, plantOf } from './chase-graph.ts';
import { patrolScene } from './scenes.ts';

const FPS = 8;
/** Of the pictures that come in: a busy machine leaves some out, but nothing that waits for a camera may hold them up. */
const ENOUGH = 0.5;
/** No password of any camera. */
export const WRONG = 'another-one';

export async function start(options: ChaseOptions): Promise<Chase> {
  const known = { rung: 'velocity', plant: plantOf('velocity') };
  return await Chase.start({ scene: patrolScene, hasOwnEyes: true, fps: FPS, known, ...options });
}

/** For the pictures of some seconds: they are worked on, the session is ready and has never been started again. */
export async function goesOn({ command, url, session, client }: Chase, seconds: number): Promise<void> {
  const { frames: before } = await command.sessionView(url, session);
  const ticksBefore = client.ticks.length;
  const after = await command.untilView(
    url,
    'pictures go on',
    ({ frames }) => frames.decoded >= before.decoded + seconds * FPS,
  );
  const enough = ENOUGH * (after.frames.decoded - before.decoded);
  expect(after.frames.processed - before.processed).toBeGreaterThan(enough);
  await until('ticks of them', () => client.ticks.length - ticksBefore > enough);
  const ready = await fetch(`${url}/readyz`);
  expect({ status: ready.status, reasons: ((await ready.json()) as Readiness).reasons }).toEqual({
    status: 200,
    reasons: [],
  });
  expect(after).toMatchObject({ state: 'running', restarts: 0, fault: null });
}

/** Nothing is there when we start; then it is, and is followed with. */
export async function comesLate(chase: Chase, { code, says }: { code: string; says: string }, comes: () => unknown) {
  await chase.select();
  await chase.client.state('why not', ({ reason }) => reason?.code === code && reason.message.includes(says));
  await goesOn(chase, 4);
  expect(chase.client.autotrack).toMatchObject({ state: 'fault', active: false, selected_by: 'operator', rung: null });
  await comes();
  await followsAgain(chase);
}

/** The password becomes another one while it is followed with. @param stands a refused camera ends its moves by itself */
export async function passwordChanges(chase: Chase, seconds: number, stands: boolean): Promise<void> {
  await chase.pursues(2);
  await chase.off();
  await chase.on(WRONG);
  await chase.client.state('it is refused', ({ reason }) => reason?.code === 'login_refused');
  await goesOn(chase, seconds);
  expect(chase.server.device.gate.wrongLogins).toBeLessThanOrEqual(2);
  if (stands) expect(chase.isMoving).toBe(false);
}

/** The same target, under whatever id it has by now: there is only one. */
export async function followsAgain(chase: Chase, deadlineMs = PATIENCE_MS): Promise<void> {
  await chase.client.state('it is back', ({ state, rung }) => rung !== null && state !== 'fault', deadlineMs);
  const before = chase.client.states.length;
  await chase.pursues(2, { selects: false });
  const states = chase.client.states.slice(before);
  expect(states.map(({ selected_by }) => selected_by)).not.toContain(null);
  expect(chase.client.autotrack).toMatchObject({ selected_by: 'operator', active: true });
  expect((await chase.command.sessionView(chase.url, chase.session)).restarts).toBe(0);
}
