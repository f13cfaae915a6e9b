/** What Home Assistant is told of a camera, checked by the schemas of Home Assistant. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { discoveryMessage } from '../../../runtime/sinks/mqtt/discovery.ts';
import { LONG_TEST_LIMIT_MS } from '../../support/patience.ts';

const NEEDS = 'from homeassistant.components.mqtt.schemas import DEVICE_DISCOVERY_SCHEMA';
// The package homeassistant 2025.4.4 (with paho-mqtt) wants Python 3.13.
const python = ['python3', 'python3.13', 'python3.14'].find((program) => {
  return Bun.which(program) !== null && Bun.spawnSync([program, '-c', NEEDS]).exitCode === 0;
});
if (!python) console.warn('discovery: skipped, no Python with the package homeassistant of 2024.11 or later');

const about = { camera: 'cam-01', prefix: 'site/ptz', counts: ['all', 'gate/drone'], steers: true, obeys: true };

function judge(message: object): string[] {
  const command = [python ?? '', join(import.meta.dir, 'home-assistant.py')];
  const { stdout } = Bun.spawnSync(command, { stdin: Buffer.from(`${JSON.stringify(message)}\n`) });
  return String(stdout).trim().split('\n');
}

test.skipIf(!python)(
  'Home Assistant takes it, and knows every option',
  () => {
    const message = discoveryMessage(about) as { components: Record<string, object> };
    const names = Object.keys(message.components);
    expect(judge(message)).toEqual(names.map((name) => `${name}: checked`));
    // It does refuse what it does not know.
    const { fps } = message.components;
    const wrong = { ...message, components: { fps: { ...fps, unit: 'fps' } } };
    expect(judge(wrong)).toEqual(["fps: unknown ['unit']", 'fps: checked']);
    expect(judge({ ...message, components: { fps: { ...fps, state_class: 'often' } } })).toEqual(['']);
  },
  LONG_TEST_LIMIT_MS,
);
