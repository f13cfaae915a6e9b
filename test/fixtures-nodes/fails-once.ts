/** Opens at the second start only, like a device that is busy for a moment. */
import { existsSync, writeFileSync } from 'node:fs';
import { defineNode, Type } from '../../runtime/node.ts';

export default defineNode({
  name: 'fails-once',
  doc: 'Its device is busy at the first start.',
  params: Type.Object({ mark: Type.String({ description: 'File that is there from the second start on.' }) }),
  inputs: {},
  outputs: {},
  pace: () => 'realtime',
  open({ params, count, gauge }) {
    if (!existsSync(params.mark)) {
      writeFileSync(params.mark, '');
      throw new Error('the device is busy');
    }
    return {
      async run(signal) {
        count('decoded');
        count('processed');
        gauge('settled', 1);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    };
  },
});
