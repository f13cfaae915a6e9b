import { expect, test } from 'bun:test';
import { textTable } from '../runtime/text-table.ts';

test('columns of equal width, without white space at the end', () => {
  const rows = [
    ['name', 'size'],
    ['default', ''],
    ['x', '3.7 MB'],
  ];
  expect(textTable(rows)).toBe('name     size\ndefault\nx        3.7 MB\n');
  expect(textTable([])).toBe('');
});

test('what a model file says cannot move the cursor', () => {
  expect(textTable([['a\x1b[2J\r\n', 'b']])).toBe('a [2J   b\n');
});
