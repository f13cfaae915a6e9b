import { expect, test } from 'bun:test';
import { StatusLine } from '../../runtime/cli/status-line.ts';

test.each([1, 2, 10, 19, 20, 80, 0])(
  'a live line never wraps in a terminal of %d columns (0: not known)',
  (columns) => {
    const written: string[] = [];
    const line = new StatusLine({ isTTY: true, columns, write: (text) => written.push(text) });
    line.show('x'.repeat(300));
    expect(written.join('').replaceAll(/[^x]/g, '')).toHaveLength((columns || 120) - 1);
  },
);
