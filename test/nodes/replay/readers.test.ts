import { describe, expect, test } from 'bun:test';
import { readJsonl } from '../../../nodes/replay/read-jsonl.ts';
import { readMot } from '../../../nodes/replay/read-mot.ts';
import type { RecordingDefaults } from '../../../nodes/replay/recording.ts';
import { toRecord } from '../../../runtime/errors.ts';

const OPEN: RecordingDefaults = { width: undefined, height: undefined, fps: undefined, label: 'person' };
const TUD: RecordingDefaults = { width: 640, height: 480, fps: 25, label: 'person' };
const HEADER = '{"width":1280,"height":720,"fps":30}';
const FRAME = '{"frame":0,"detections":[{"x":1,"y":2,"w":3,"h":4,"confidence":0.5,"label":"drone"}]}';

function refusal(read: () => unknown): { code: string; at: string | undefined; permanent: boolean } | undefined {
  try {
    read();
  } catch (error) {
    const { code, at, permanent } = toRecord(error);
    return { code, at, permanent };
  }
  return undefined;
}

describe('MOTChallenge text', () => {
  test('frame 1 is index 0, the id is ignored, the label is the default', () => {
    const recording = readMot('1,-1,10,20,30,40,0.9,-1,-1,-1\n', 'det.txt', TUD);
    expect(recording).toMatchObject({ size: { w: 640, h: 480 }, fps: 25, frameCount: 1 });
    expect(recording.detections.get(0)).toEqual([
      { bboxPx: { x: 10, y: 20, w: 30, h: 40 }, confidence: 0.9, label: 'person' },
    ]);
  });

  const accepted: [why: string, text: string, frames: number[], count: number][] = [
    ['an empty file', '', [], 0],
    ['frames in any order, with one left out', '3,-1,0,0,1,1,1\n1,-1,0,0,1,1,1\n', [0, 2], 3],
    ['blank lines and CRLF', '1,-1,0,0,1,1,1\r\n\r\n2,-1,0,0,1,1,1\r\n', [0, 1], 2],
    ['spaces after commas', '1, -1, 0, 0, 1, 1, 1', [0], 1],
    ['no confidence', '1,-1,0,0,1,1', [0], 1],
  ];
  test.each(accepted)('takes %s', (_, text, frames, count) => {
    const recording = readMot(text, 'det.txt', TUD);
    expect([...recording.detections.keys()].sort()).toEqual(frames);
    expect(recording.frameCount).toBe(count);
  });

  const refused: [why: string, line: string][] = [
    ['too few cells', '1,-1,0,0,1'],
    ['a word for a number', '1,-1,0,left,1,1,1'],
    ['an empty cell', '1,-1,,0,1,1,1'],
    ['frame 0', '0,-1,0,0,1,1,1'],
    ['half a frame', '1.5,-1,0,0,1,1,1'],
    ['a frame number that would play for ever', '1e15,-1,0,0,1,1,1'],
    ['confidence in percent', '1,-1,0,0,1,1,97'],
    ['negative confidence', '1,-1,0,0,1,1,-0.1'],
    ['an infinite box', '1,-1,0,0,Infinity,1,1'],
  ];
  test.each(refused)('refuses %s, naming the line', (_, line) => {
    expect(refusal(() => readMot(`1,-1,0,0,1,1,1\n${line}\n`, 'det.txt', TUD))).toEqual({
      code: 'replay_bad_line',
      at: 'det.txt:2',
      permanent: true,
    });
  });

  test('refuses a source of unknown size', () => {
    expect(refusal(() => readMot('', 'det.txt', { ...TUD, width: undefined }))?.code).toBe('replay_source_unknown');
  });
});

describe('JSON lines', () => {
  test('a header and a frame', () => {
    const recording = readJsonl(`${HEADER}\n${FRAME}\n`, 'd.jsonl', OPEN);
    expect(recording).toMatchObject({ size: { w: 1280, h: 720 }, fps: 30, frameCount: 1 });
    expect(recording.detections.get(0)).toEqual([
      { bboxPx: { x: 1, y: 2, w: 3, h: 4 }, confidence: 0.5, label: 'drone' },
    ]);
  });

  test('options win over the header, and fill in what it lacks', () => {
    expect(readJsonl(HEADER, 'd.jsonl', { ...OPEN, fps: 5 }).fps).toBe(5);
    expect(readJsonl('{"fps":10}', 'd.jsonl', TUD)).toMatchObject({ size: { w: 640, h: 480 }, fps: 25 });
    expect(readJsonl('{"fps":10}', 'd.jsonl', { ...TUD, fps: undefined }).fps).toBe(10);
    expect(readJsonl(FRAME, 'd.jsonl', TUD).frameCount).toBe(1);
  });

  test('frames left out count, a missing label is the default', () => {
    const text = '{"frame":4,"detections":[{"x":1,"y":2,"w":3,"h":4,"confidence":1}]}';
    const recording = readJsonl(text, 'd.jsonl', { ...TUD, label: 'bird' });
    expect(recording.frameCount).toBe(5);
    expect(recording.detections.get(4)?.[0]?.label).toBe('bird');
  });

  const box = (over: string) => `{"frame":1,"detections":[{"x":1,"y":2,"w":3,"h":4,"confidence":1${over}}]}`;
  const refused: [why: string, line: string][] = [
    ['no JSON', '{"frame":1,'],
    ['no object', '17'],
    ['null', 'null'],
    ['a header in the middle', HEADER],
    ['frames that do not rise', '{"frame":0,"detections":[]}'],
    ['half a frame', '{"frame":1.5,"detections":[]}'],
    ['no detections', '{"frame":1}'],
    ['a detection that is no object', '{"frame":1,"detections":[3]}'],
    ['a box without height', '{"frame":1,"detections":[{"x":1,"y":2,"w":3,"confidence":1}]}'],
    ['a number as text', box(',"x":"1"')],
    ['confidence above 1', box(',"confidence":2')],
    ['an empty label', box(',"label":""')],
    ['a label that is no text', box(',"label":7')],
  ];
  test.each(refused)('refuses %s, naming the line', (_, line) => {
    expect(refusal(() => readJsonl(`${FRAME}\n${line}\n`, 'd.jsonl', TUD))).toEqual({
      code: 'replay_bad_line',
      at: 'd.jsonl:2',
      permanent: true,
    });
  });

  test.each(['{"width":0}', '{"width":1.5}', '{"fps":"25"}', '{"camera":"a"}'])('refuses the header %s', (header) => {
    expect(refusal(() => readJsonl(header, 'd.jsonl', TUD))?.at).toBe('d.jsonl:1');
  });

  test('refuses a source of unknown size', () => {
    expect(refusal(() => readJsonl(FRAME, 'd.jsonl', OPEN))?.code).toBe('replay_source_unknown');
  });
});
