/** Takes tracks, and can't be opened. */
import { defineNode, Type, WindhoverError } from '../../runtime/node.ts';

export default defineNode({
  name: 'refuses',
  doc: 'Cannot be opened.',
  params: Type.Object({}),
  inputs: { tracks: { kind: 'tracks' } },
  outputs: {},
  open() {
    throw new WindhoverError('refuses', 'this node does not open');
  },
});
