/**
 * The whole of it as a user has it: the shipped graph for ONVIF cameras, the default model, no knowledge of the camera, and
 * pictures of a drone. An operator chooses it, and the camera turns to it. That it stays there: default-model.long.
 */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { TEST_LIMIT_MS } from '../support/patience.ts';
import { chooseDrone } from './user-run.ts';

setDefaultTimeout(TEST_LIMIT_MS);

test('the drone that an operator chooses is centred, and followed from then on', async () => {
  await chooseDrone(async ({ client }) => {
    await client.state('followed', ({ state }) => state === 'following');
    expect(client.autotrack).toMatchObject({ selected_by: 'operator', active: true });
  });
});
