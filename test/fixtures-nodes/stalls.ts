/** Passes tracks on until a file tells it how to take its worker down, with all nodes in it. The file is gone then. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { defineNode, Type } from '../../runtime/node.ts';

export default defineNode({
  name: 'stalls',
  doc: 'Hangs on demand.',
  params: Type.Object({ file: Type.String({ description: 'Holds spin or exit.' }) }),
  inputs: { tracks: { kind: 'tracks' } },
  outputs: { passed: { kind: 'tracks' } },
  hangsAfterS: { other: 3 },
  open: ({ params, emit }) => ({
    on: {
      async tracks(message) {
        if (existsSync(params.file)) {
          const how = readFileSync(params.file, 'utf8');
          rmSync(params.file);
          if (how === 'exit') process.exit(1);
          while (how === 'spin');
        }
        await emit.passed(message);
      },
    },
  }),
});
