import { expect, test } from 'bun:test';
import { WindhoverError } from '../runtime/errors.ts';
import { nearest } from '../runtime/nearest.ts';

const known = ['source', 'decode', 'detect', 'track', 'autotrack', 'publish', 'hz'];

test.each([
  { name: 'detct', found: 'detect', why: 'a letter left out' },
  { name: 'deocde', found: 'decode', why: 'two letters swapped' },
  { name: 'tracks', found: 'track', why: 'a letter too many' },
  { name: 'Publish', found: 'publish', why: 'another case' },
  { name: 'auto_track', found: 'autotrack', why: 'a separator' },
  { name: 'h', found: null, why: 'too short to be a typo of anything' },
  { name: 'camera', found: null, why: 'another word' },
  { name: '', found: null, why: 'nothing' },
  { name: 'x'.repeat(10_000), found: null, why: 'garbage' },
])('$why', ({ name, found }) => {
  expect(nearest(name, known)).toBe(found);
});

test('of equally close names the first one wins', () => {
  expect(nearest('cat', ['bat', 'rat'])).toBe('bat');
  expect(nearest('cat', [])).toBeNull();
});

test.each([
  { got: 'dron', says: 'no such class; got dron (did you mean drone?)' },
  { got: 'submarine', says: 'no such class; got submarine (known: drone, bird)' },
])('an error with known names: $got', ({ got, says }) => {
  expect(new WindhoverError('label_unknown', 'no such class', { got, known: ['drone', 'bird'] }).message).toBe(says);
});
