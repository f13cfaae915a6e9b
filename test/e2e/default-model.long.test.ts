/**
 * The whole of it as a user has it: the shipped graph for ONVIF cameras, the default model, no knowledge of the camera, and
 * pictures of a drone. The one that an operator chooses stays in the middle for a minute; the camera's own truth says so.
 */
import { expect, setDefaultTimeout, test } from 'bun:test';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';
import { told } from './client.ts';
import { chooseDrone } from './user-run.ts';

setDefaultTimeout(LONG_TEST_LIMIT_MS);
const FOR_S = 60;
const NEAR = 0.1;
/** A quiet machine is at 1; a busy one is late with a picture now and then. */
const LEAST_NEAR = 0.9;

test(`it stays within a tenth of the picture's width for a minute`, async () => {
  await chooseDrone(async ({ client, offCentre }) => {
    await client.state('followed', ({ state }) => state === 'following');
    const beganMs = performance.now();
    const errors: number[] = [];
    while (performance.now() < beganMs + FOR_S * 1000) {
      errors.push(offCentre());
      await Bun.sleep(20);
    }
    const rms = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
    const near = errors.filter((error) => error < NEAR).length / errors.length;
    const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
    console.log(
      `RMS ${percent(rms)}, at most ${percent(Math.max(...errors))} off, within ${percent(NEAR)} for ${percent(near)} of ` +
        `the time; ${told(client.autotrack)}`,
    );
    expect(near).toBeGreaterThan(LEAST_NEAR);
    expect(client.autotrack).toMatchObject({ selected_by: 'operator', active: true });
  });
});
