/** What a node throws outside of its handlers ends the run like any other error of it: with its name and place. */
import { expect, test } from 'bun:test';
import { graphText, testNode } from '../support/graphs.ts';
import { TEST_LIMIT_MS, until } from '../support/patience.ts';
import { TestSession } from '../support/sessions.ts';

test.each([
  { what: 'an error of a timer', rejects: false, worker: 'one' },
  { what: 'a rejection', rejects: true, worker: 'one' },
  { what: 'an error in a worker of its own', rejects: false, worker: 'other' },
])(
  '$what',
  async ({ rejects, worker }) => {
    const strays = `{ use: ${testNode('strays')}, from: busy, worker: ${worker}, with: { rejects: ${rejects} } }`;
    const busy = `{ use: ${testNode('busy')}, worker: one }`;
    const order = `{ use: ${testNode('order')}, from: busy, worker: one }`;
    await using session = await TestSession.start(graphText({ busy, order, strays }));
    await until('the error', () => session.log.some(({ level }) => level === 'error'));
    const error = session.log.find(({ level }) => level === 'error');
    expect(error).toMatchObject({ node: 'strays', code: 'node_failed' });
    expect(error?.at).toMatch(/fixtures-nodes\/strays\.ts:\d+:\d+$/);
    expect(String(error?.message)).toStartWith('stray\n');
    expect(JSON.stringify(error).length).toBeLessThan(20_000);
    expect(JSON.stringify(error)).not.toContain('setTimeout(');
  },
  TEST_LIMIT_MS,
);
