/** The audit log: its file is bounded, hides secrets, and harms nobody when it can't be written. */
import { expect, test } from 'bun:test';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { type AuditEntry, AuditLog } from '../../runtime/access/audit.ts';
import { createLog } from '../../runtime/log.ts';
import { Folder } from '../support/graphs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { HARD_PASSWORDS } from '../support/passwords.ts';

const ENTRY = { request_id: 'r', caller: 'op', role: 'admin', address: null, action: 'clear_target', outcome: 'ok' };

function rig(file: string, maxBytes = 5_000_000) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const log = createLog({ write: (line) => lines.push(line), pretty: false });
  return { clock, lines, log, audit: new AuditLog({ file, clock, log, maxBytes }) };
}

test('a full file is put aside, four are kept, and none is longer than it may be', () => {
  using folder = new Folder();
  const { audit } = rig(folder.file('audit.jsonl'), 1000);
  for (let i = 0; i < 100; i++) audit.record({ ...ENTRY, request_id: `r-${i}` });
  const names = readdirSync(folder.path).toSorted();
  expect(names).toEqual(['audit.1.jsonl', 'audit.2.jsonl', 'audit.3.jsonl', 'audit.4.jsonl', 'audit.jsonl']);
  const ids = [...names.slice(0, 4).toReversed(), 'audit.jsonl'].flatMap((name) => {
    const path = folder.file(name);
    expect([statSync(path).size <= 1000, statSync(path).mode & 0o777]).toEqual([true, 0o600]);
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    return lines.map((line) => Number((JSON.parse(line) as AuditEntry).request_id.slice(2)));
  });
  expect(ids.length).toBeGreaterThan(20);
  expect(ids).toEqual(ids.map((_, i) => 100 - ids.length + i));
});

test.each([...HARD_PASSWORDS])('hides the secrets of the log, also from who listens: %s', (password) => {
  using folder = new Folder();
  const { audit, log } = rig(folder.file('audit.jsonl'));
  log.hide(password);
  const heard: AuditEntry[] = [];
  const end = audit.onAudit((entry) => heard.push(entry));
  audit.record({ ...ENTRY, details: { url: `rtsp://a:${password}@b`, nested: [{ password }] } });
  end();
  audit.record(ENTRY);
  expect(heard).toHaveLength(1);
  expect(heard[0]).toMatchObject({ caller: 'op', details: { nested: [{ password: '***' }] } });
  const text = readFileSync(folder.file('audit.jsonl'), 'utf8');
  expect(text.split('\n')).toHaveLength(3);
  expect(text).not.toContain(JSON.stringify(password).slice(1, -1));
});

test('of a flood of what was refused a part is kept, with how many are not', () => {
  using folder = new Folder();
  const { audit, clock } = rig(folder.file('audit.jsonl'));
  for (let i = 0; i < 500; i++) audit.record({ ...ENTRY, outcome: 'forbidden' });
  audit.record(ENTRY);
  clock.advance(1000);
  audit.record({ ...ENTRY, outcome: '401' });
  const lines = readFileSync(folder.file('audit.jsonl'), 'utf8').trim().split('\n');
  expect(lines).toHaveLength(102);
  expect(JSON.parse(lines[100] ?? '')).toMatchObject({ outcome: 'ok', refused_unrecorded: 400 });
});

test('a file that cannot be written is told once, and again after a while', () => {
  using folder = new Folder();
  folder.write('file', '');
  const { audit, clock, lines } = rig(folder.file('file/audit.jsonl'));
  for (let i = 0; i < 5; i++) audit.record(ENTRY);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error' });
  clock.advance(61_000);
  audit.record(ENTRY);
  expect(lines).toHaveLength(2);
});
