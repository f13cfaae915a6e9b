/** Texts from elsewhere that are shown. */
import { expect, test } from 'bun:test';
import { printable } from '../runtime/text.ts';

test.each([
  ['a terminal command', 'a\x1b[31mb', 'aU+001B[31mb'],
  ['a character that turns the direction of writing', 'a\u202eb', 'aU+202Eb'],
  ['its isolating form', 'a\u2066b', 'aU+2066b'],
  ['a space without a width', 'a\u200bb', 'aU+200Bb'],
  ['a line separator', 'a\u2028b', 'aU+2028b'],
  ['half a character', 'a\ud83db', 'aU+D83Db'],
  ['lines', 'a \r\n  b', 'a b'],
])('%s is named', (_what, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test.each(['Überwachung 無人機 дрон', '🚁', '👩‍✈️ pilot', 'می‌خواهم', 'a\tb'])('%s stays as it is', (text) => {
  expect(printable(text)).toBe(text);
});
