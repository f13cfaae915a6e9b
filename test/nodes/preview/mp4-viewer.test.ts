/** A viewer that fetches MP4: what it gets, and what it does not when it is slow. That it plays is seen in a browser. */
import { expect, test } from 'bun:test';
import { Mp4Viewer } from '../../../nodes/preview/mp4-viewer.ts';
import { SentPicture } from '../../../nodes/preview/viewer.ts';

const SPS = Buffer.from([0x67, 0x42, 0xc0, 0x1e, 1]);
const PPS = Buffer.from([0x68, 2]);
const TICKS = 3600n;

test('the parameter sets come first, then each picture with the length that the next one shows', () => {
  const viewer = new Mp4Viewer(() => undefined);
  viewer.hasKey = true;
  expect(viewer.read()).toEqual({ data: '' });
  for (let i = 0; i < 4; i++) viewer.send(pictureAt(i, 100, i % 3 === 0));
  const { type, data } = viewer.read();
  expect(type).toBe('video/mp4; codecs="avc1.42c01e"');
  const boxes = boxesOf(Buffer.from(data, 'base64'));
  expect(boxes.map(([name]) => name)).toEqual(['ftyp', 'moov', 'moof', 'mdat', 'moof', 'mdat', 'moof', 'mdat']);
  const fragments = boxes.filter(([name]) => name === 'moof').map(([, content]) => content);
  expect(fragments.map((moof) => moof.readBigUInt64BE(moof.indexOf('tfdt') + 8))).toEqual([0n, TICKS, 2n * TICKS]);
  expect(fragments.map((moof) => moof.readUInt32BE(moof.indexOf('trun') + 16))).toEqual([3600, 3600, 3600]);
});

test('one that does not fetch costs no more than some pictures, and goes on at a key frame', () => {
  const viewer = new Mp4Viewer(() => undefined);
  const large = 512 * 1024;
  viewer.hasKey = true;
  for (let i = 0; i < 100; i++) viewer.send(pictureAt(i, large, i === 0));
  expect(viewer.hasKey).toBe(false);
  expect(viewer.read().data).toBe('');
  viewer.hasKey = true;
  viewer.send(pictureAt(100, 100, true));
  viewer.send(pictureAt(101, 100, false));
  const boxes = boxesOf(Buffer.from(viewer.read().data, 'base64'));
  expect(boxes.map(([name]) => name)).toEqual(['ftyp', 'moov', 'moof', 'mdat']);
});

function pictureAt(index: number, bytes: number, isKey: boolean): SentPicture {
  const unit = Buffer.alloc(bytes, 3);
  unit[0] = isKey ? 0x65 : 0x41;
  const units = isKey ? [SPS, PPS, unit] : [unit];
  return new SentPicture({
    units,
    isKey,
    size: { w: 640, h: 360 },
    mediaTicks: BigInt(index) * TICKS,
    captureUnixMs: 0,
  });
}

function boxesOf(data: Buffer): [string, Buffer][] {
  const boxes: [string, Buffer][] = [];
  for (let at = 0; at < data.length; at += data.readUInt32BE(at)) {
    boxes.push([data.toString('latin1', at + 4, at + 8), data.subarray(at, at + data.readUInt32BE(at))]);
  }
  return boxes;
}
