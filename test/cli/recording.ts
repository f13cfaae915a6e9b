/** What `--jsonl` records of a file that is played as fast as it goes. */
import { expect } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { MetadataTick, TrackEvent } from '../../schemas/index.ts';
import { ROOT, runCommand } from '../support/command.ts';
import { Folder } from '../support/graphs.ts';

const VIDEO = join(ROOT, '..', 'shared', 'data', 'vtest.avi');
const MODEL = join(ROOT, '..', 'shared', 'models', 'yolox_nano.onnx');
const missing = [VIDEO, MODEL].filter((path) => !existsSync(path));
export const hasPersons = missing.length === 0;
if (!hasPersons) console.log(`skipped: ${missing.join(' and ')} not there`);

export type Message = MetadataTick | TrackEvent;

/** Plays a file as fast as it goes and gives what was recorded. */
export async function record(...args: string[]): Promise<{ text: string; messages: Message[]; stdout: string }> {
  using folder = new Folder();
  const file = folder.file('out.jsonl');
  const command = ['graph', 'graphs/file.yaml', '--port', '0', '--exit-at-end', '--jsonl', file, ...args];
  const { exitCode, stdout, stderr } = await runCommand(command);
  if (exitCode !== 0) throw new Error(stderr);
  const text = await Bun.file(file).text();
  const messages = text
    .trimEnd()
    .split('\n')
    .map((line): Message => JSON.parse(line));
  return { text, messages, stdout };
}

export function ticksOf(messages: readonly Message[]): MetadataTick[] {
  return messages.filter((message) => message.type === 'metadata_tick');
}

export async function recordPersons(...args: string[]) {
  return await record('--set', `source.url=${VIDEO}`, '--set', `detect.model=${MODEL}`, ...args);
}

/** @param share of the ticks that show a person */
export function expectPersons(messages: readonly Message[], share: number): void {
  const ticks = ticksOf(messages);
  expect(new Set(ticks.map(({ frame_size: { w, h } }) => `${w}×${h}`))).toEqual(new Set(['768×576']));
  const persons = ticks.filter(({ tracks }) => tracks.some(({ label }) => label === 'person'));
  expect(persons.length).toBeGreaterThan(share * ticks.length);
  const ids = (event: string) =>
    messages.flatMap((message) => (message.type === 'track_event' && message.event === event ? message.after.id : []));
  expect(ids('end').sort()).toEqual(ids('new').sort());
}
