/** A server that dies between any two operations on graph files leaves the old text or the new one, and loses none. */
import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { GOOD } from '../graph/nodes.ts';
import { CHANGES, NEW_TEXT, OLD_TEXT, type Stopped } from './stopped-disk.ts';

const TEXT = GOOD.replace('cam01', 'a');
const [OLD, NEW] = [OLD_TEXT(TEXT), NEW_TEXT(TEXT)];

test('persist, replace, add and remove, stopped before each step', async () => {
  const program = Bun.spawn([process.execPath, join(import.meta.dir, 'stopped-disk.ts')], { stderr: 'inherit' });
  const lines = (await new Response(program.stdout).text()).trim().split('\n');
  const runs = lines.map((line): Stopped => JSON.parse(line));
  for (const action of CHANGES) {
    const mine = runs.filter((run) => run.action === action);
    // Each has steps, and comes to its end when it is not stopped.
    expect(mine.length).toBeGreaterThan(4);
    expect(mine.at(-1)?.before).toBeNull();
    for (const { before, files } of mine) {
      const graphs = Object.keys(files).filter((name) => /^[^.].*\.yaml$/.test(name));
      const backups = Object.entries(files).filter(([name]) => name.startsWith('.backups/'));
      const isOver = before === null;
      if (action === 'add') {
        // Not there, or whole.
        if (graphs.includes('b.yaml')) expect(files['b.yaml']).toBe(NEW.replace('camera: a', 'camera: b'));
        else expect(isOver).toBe(false);
      } else if (action === 'remove') {
        // What was on the disk is in its place, or a backup.
        expect([files['a.yaml'], ...backups.map(([, text]) => text)]).toContain(OLD);
        if (isOver) expect(graphs).toEqual([]);
      } else {
        expect([OLD, NEW]).toContain(files['a.yaml'] ?? '');
        if (isOver) expect(files['a.yaml']).toBe(NEW);
        if (files['a.yaml'] === NEW) expect(backups.map(([, text]) => text)).toContain(OLD);
      }
      if (action !== 'remove') expect([OLD, NEW]).toContain(files['a.yaml'] ?? '');
    }
  }
});
