import { expect, test } from 'bun:test';
import { FormatContext, Packet } from 'node-av/lib';
import { VideoDecoder } from '../../../nodes/decode/video-decoder.ts';

const PICTURES = 20;

test('pictures of one size are reported to the garbage collector once, not each of them', async () => {
  const format = new FormatContext();
  format.allocContext();
  await format.openInput('fixtures/sky.mp4', null, null);
  await format.findStreamInfo(null);
  const [stream] = format.streams;
  if (!stream) throw new Error('no stream');
  const decoder = new VideoDecoder(stream.codecpar, 1);
  const packet = new Packet();
  packet.alloc();
  const reported: number[] = [];
  while (reported.length < PICTURES && (await format.readFrame(packet)) >= 0) {
    decoder.send(packet);
    packet.unref();
    const frame = decoder.receive();
    if (!frame) continue;
    reported.push(frame.reportedExternalMemory);
    expect(decoder.receive()).toBeUndefined();
    reported.push(frame.reportedExternalMemory);
  }
  decoder.close();
  packet.free();
  await format.closeInput();
  expect(reported).toHaveLength(PICTURES);
  expect(reported[0]).toBeGreaterThan(640 * 360);
  expect(new Set(reported).size).toBe(1);
});
