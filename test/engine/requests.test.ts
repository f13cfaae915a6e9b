/** Requests to a node: checked against its contract, answered in turn with its other handlers. */
import { describe, expect, test } from 'bun:test';
import { defineNode, Type } from '../../runtime/node.ts';
import { openNode } from '../node-runner.ts';

/** Divides; its result is declared as a number of at most 10. */
const divider = defineNode({
  name: 'divider',
  doc: 'Divides.',
  params: Type.Object({}),
  inputs: {},
  outputs: {},
  requests: {
    divide: {
      doc: 'Divides one number by another',
      params: Type.Object({ by: Type.Integer() }),
      result: Type.Object({ quotient: Type.Number({ maximum: 10 }) }),
      role: 'viewer',
    },
  },
  pace: () => 'realtime',
  open: () => ({
    requests: {
      async divide({ by }) {
        if (by === 0) throw new RangeError('by nothing');
        return { quotient: 20 / by };
      },
    },
    run: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  }),
});

describe('a request', () => {
  test.each([
    { why: 'a good one', params: { by: 4 }, outcome: '{"quotient":5}' },
    { why: 'a wrong type', params: { by: 'x' }, outcome: 'bad_request' },
    { why: 'a field too many', params: { by: 1, and: 2 }, outcome: 'bad_request' },
    { why: 'a field too few', params: {}, outcome: 'bad_request' },
    { why: 'an answer that is none', params: { by: 1 }, outcome: 'bad_answer' },
    { why: 'a handler that throws', params: { by: 0 }, outcome: 'by nothing' },
  ])('$why', async ({ params, outcome }) => {
    const run = await openNode(divider);
    run.start();
    const answer = await run.request('divide', params).then(JSON.stringify, ({ code, message }) => code ?? message);
    expect(answer).toBe(outcome);
    // A request that fails is not the end of the node.
    expect(await run.request('divide', { by: 10 })).toEqual({ quotient: 2 });
    run.stop();
    await run.finished;
    expect(run.failures).toEqual([]);
    expect(await run.request('divide', { by: 10 }).catch(({ code }) => code)).toBe('node_gone');
  });
});
