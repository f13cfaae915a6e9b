/** Swarms of a few pixels each before a shaking camera are followed. */
import { expect, test } from 'bun:test';
import { scoreMot } from '../../../bench/mot-score.ts';
import { countSwarm, makeSwarm, SWARM_KINDS, trackSwarm } from '../../../bench/tracking/swarm.ts';

test.each([...SWARM_KINDS])('$name: HOTA of at least 60, and hardly a switch', (kind) => {
  const swarm = makeSwarm(kind, 1);
  const { HOTA, IDSW } = scoreMot([countSwarm(swarm, trackSwarm(swarm))]);
  expect(HOTA).toBeGreaterThanOrEqual(60);
  expect(IDSW).toBeLessThanOrEqual(20);
});
