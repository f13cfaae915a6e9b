/** What Home Assistant is told of a camera, checked by the schemas of Home Assistant. */
import { expect, test } from 'bun:test';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { discoveryMessage } from '../../../runtime/sinks/mqtt/discovery.ts';
import { LONG_TEST_LIMIT_MS } from '../../support/patience.ts';

// Where .ci/run puts home-assistant.txt, which wants Python 3.13; or one that somebody has at hand.
const own = join(homedir(), '.cache/windhover/home-assistant/bin/python3');
const python = [own, 'python3.13', 'python3'].find((program) => {
  const command = [program, '-c', 'import homeassistant, voluptuous, yarl'];
  return Bun.which(program) !== null && Bun.spawnSync(command, { stderr: 'ignore' }).exitCode === 0;
});
if (!python) console.warn('discovery: skipped, no Python 3.13 with what home-assistant.txt lists');

const about = { camera: 'cam-01', prefix: 'site/ptz', counts: ['all', 'gate/drone'], steers: true, obeys: true };

/** What Home Assistant says of each message. */
function judge(messages: readonly object[]): string[] {
  const input = messages.map((message) => `${JSON.stringify(message)}\n`).join('');
  const command = [python ?? '', join(import.meta.dir, 'home-assistant.py')];
  const { stdout } = Bun.spawnSync(command, { stdin: Buffer.from(input) });
  return String(stdout).trim().split('\n');
}

test.skipIf(!python)(
  'Home Assistant takes it, and knows every option',
  () => {
    const message = discoveryMessage(about) as { components: Record<string, object> };
    const names = Object.keys(message.components);
    // It does refuse what it does not know.
    const { fps } = message.components;
    const wrong = { ...message, components: { fps: { ...fps, unit: 'fps' } } };
    const worse = { ...message, components: { fps: { ...fps, state_class: 'often' } } };
    expect(judge([message, wrong, worse])).toEqual([
      ...names.map((name) => `${name}: checked`),
      "fps: unknown ['unit']",
      'fps: checked',
      expect.stringMatching(/^refused: .*state_class/),
    ]);
  },
  LONG_TEST_LIMIT_MS,
);
