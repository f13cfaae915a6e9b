/** Models that do harm when they are opened or run: none of it reaches the server, and nothing of them is left. */
import { expect, test } from 'bun:test';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';
import { crash, endless, memoryBomb, weightsFrom } from './hostile-models.ts';
import { ModelRig } from './model-rig.ts';

const LIMITS = { memoryBytes: 1.5e9, timeoutMs: 10_000 };

test.each([
  { what: 'crashes ONNX Runtime', bytes: crash, says: /crashed \(SIG/ },
  { what: 'takes more memory than it may', bytes: memoryBomb, says: /\[model_(warmup|load)_failed\]|crashed/ },
  { what: 'does not end', bytes: endless, says: /longer than 10 s|crashed \(SIG/ },
  {
    what: 'reads files of others',
    bytes: () => weightsFrom('../../../x', 'initializer'),
    says: /model_weights_outside/,
  },
  {
    what: 'does so in an attribute',
    bytes: () => weightsFrom('/etc/passwd', 'attribute'),
    says: /model_weights_outside/,
  },
  {
    what: 'reads files beside it',
    bytes: () => weightsFrom('first.onnx', 'initializer'),
    says: /\[model_load_failed\]/,
  },
])(
  'a model that $what',
  async ({ bytes, says }) => {
    using rig = await ModelRig.start({}, LIMITS);
    const answer = await rig.upload(bytes(), 'hostile.onnx');
    expect(answer).toMatchObject({ status: 422, body: { error: expect.stringMatching(says) } });
    expect(rig.uploaded()).toEqual([]);
  },
  LONG_TEST_LIMIT_MS,
);
