/** The tables of the model card come from a run. */
import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { cardTables, writeCard } from '../../bench/detector/card.ts';
import { Folder } from '../support/graphs.ts';

const RESULTS = {
  runs: [],
  empty: [
    {
      model: 'default',
      clips: 3,
      frames: 900,
      minutes: 0.6,
      tracks: 3,
      tracksPerMinute: 5,
      droneTracks: 0,
      droneTracksPerMinute: 0,
      detectionsPerMinute: 12,
      tracksByLabel: { flying: 3 },
    },
  ],
  fixtures: [
    { model: 'default', objects: 40, detections: { at50: 0.9, at30: Number.NaN }, published: { at50: 0.975, at30: 1 } },
  ],
};

test('a table for what was measured, and none for what was not', () => {
  const [empty, fixtures, ...none] = cardTables(RESULTS);
  expect(empty).toBe(
    '| empty rendered skies | minutes | false tracks a minute | false drone tracks a minute |\n| --- | --- | --- | --- |\n| default | 0.6 | 5.0 | 0.0 |',
  );
  expect(fixtures).toEndWith('| default | 40 | 0.97 | 1.00 |');
  expect(none).toEqual([]);
});

test('the tables replace what stood in the section, and nothing else', () => {
  using folder = new Folder();
  const file = folder.write(
    'card.md',
    '# Card\n<!-- bench detector: skies -->\nold\n<!-- end -->\nrest\n<!-- end -->\n',
  );
  writeCard(file, 'skies', RESULTS);
  const text = readFileSync(file, 'utf8');
  expect(text).toStartWith('# Card\n<!-- bench detector: skies -->\n\n| empty rendered skies |');
  expect(text).toEndWith('| 1.00 |\n\n<!-- end -->\nrest\n<!-- end -->\n');
  expect(text).not.toContain('old');
  writeCard(file, 'skies', RESULTS);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('a file without the section is refused', () => {
  using folder = new Folder();
  const file = folder.write('card.md', '<!-- bench detector: other -->\n<!-- end -->\n');
  expect(() => writeCard(file, 'skies', RESULTS)).toThrow("has no place for the section 'skies'");
});
