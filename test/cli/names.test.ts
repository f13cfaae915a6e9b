import { test } from 'bun:test';
import { RunningCommand } from '../support/command.ts';
import { Folder, graphText, testNode } from '../support/graphs.ts';
import { TEST_LIMIT_MS } from '../support/patience.ts';

test(
  'nodes and cameras may be called like what every object has',
  async () => {
    using folder = new Folder();
    const nodes = {
      constructor: `{ use: ${testNode('busy')} }`,
      toString: `{ use: ${testNode('order')}, from: constructor }`,
    };
    await using command = new RunningCommand([
      'graph',
      folder.write('names.yaml', graphText(nodes, 'valueOf')),
      '--port',
      '0',
    ]);
    await command.ready();
  },
  TEST_LIMIT_MS,
);
