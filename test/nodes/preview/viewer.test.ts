/** A viewer by WebRTC, with our own receiver as its other side. */
import { expect, test } from 'bun:test';
import { SentPicture } from '../../../nodes/preview/viewer.ts';
import { WebRtcViewer } from '../../../nodes/preview/webrtc-viewer.ts';
import { type ReceivedPart, Receiver } from '../../../nodes/source/whep/receiver.ts';
import { RtpClock } from '../../../nodes/source/whep/rtp-clock.ts';
import { until } from '../../support/patience.ts';

const PICTURE = { units: [Buffer.of(0x65, 1, 2, 3)], isKey: true, size: { w: 64, h: 64 } };

test('each packet says when its picture was taken', async () => {
  const got: ReceivedPart[] = [];
  const nothing = () => undefined;
  const receiver = new Receiver({
    isLoopback: true,
    stun: undefined,
    events: { packet: (part) => got.push(part), report: nothing, ended: nothing },
  });
  const viewer = new WebRtcViewer('127.0.0.1', { wantsKey: nothing, heard: nothing, ended: nothing });
  await receiver.accept(await viewer.answer(await receiver.offer(AbortSignal.timeout(10_000))));
  await until('connected', () => viewer.isConnected);
  const takenUnixMs = 1_800_000_000_123.25;
  await until('a packet', () => {
    viewer.send(new SentPicture({ ...PICTURE, mediaTicks: 0x7_ffff_fff0n, captureUnixMs: takenUnixMs }));
    return got.length > 0;
  });
  const [{ timestamp = 0, captureNtp = 0n } = {}] = got;
  expect(timestamp).toBe(0xffff_fff0);
  const clock = new RtpClock();
  clock.captured(timestamp, captureNtp);
  expect(Math.abs((clock.at(timestamp).unixMs ?? 0) - takenUnixMs)).toBeLessThan(0.01);
  await Promise.all([viewer.close(), receiver.close()]);
});
