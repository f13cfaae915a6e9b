/** The relay's view of the stream: messages and frames from chunks cut anywhere, times of capture, reports, addresses. */
import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { reportFrame, stampOf } from '../../../../nodes/source/rtsp-relay/onvif-extension.ts';
import { Outlet } from '../../../../nodes/source/rtsp-relay/outlet.ts';
import { Reports } from '../../../../nodes/source/rtsp-relay/reports.ts';
import { type Item, type RtspMessage, RtspParser } from '../../../../nodes/source/rtsp-relay/rtsp-messages.ts';
import { Urls } from '../../../../nodes/source/rtsp-relay/urls.ts';
import { PROPERTY_LIMIT_MS } from '../../../support/patience.ts';
import { frame, NTP_FRACTION, NTP_S, packet, REPLAY_WORDS, report } from './packets.ts';

const LIMITS = { interruptAfterTimeLimit: PROPERTY_LIMIT_MS, numRuns: 300 };
const BYE = Buffer.of(0x81, 203, 0, 1, 0, 0xde, 0xca, 0xde);

const frames = fc
  .record({ channel: fc.nat(255), payload: fc.uint8Array({ maxLength: 300 }) })
  .map(({ channel, payload }) => frame(channel, Buffer.from(payload)));
const messages = fc
  .record({
    line: fc.constantFrom(
      'RTSP/1.0 200 OK',
      'RTSP/1.0 401 Unauthorized',
      'OPTIONS rtsp://cam/x RTSP/1.0',
      'PLAY * RTSP/1.0',
    ),
    value: fc.string({ maxLength: 20 }).map((text) => text.replace(/[^ -~]/g, '').trim()),
    body: fc.uint8Array({ maxLength: 100 }),
  })
  .map(({ line, value, body }) => {
    const length = body.length === 0 ? '' : `content-Length: ${body.length}\r\n`;
    return Buffer.concat([Buffer.from(`${line}\r\nCSeq: 7\r\nX-Text: ${value}\r\n${length}\r\n`, 'latin1'), body]);
  });

function bytesOf(item: Item): string {
  if (item.kind === 'frame') return item.bytes.toString('hex');
  return JSON.stringify([item.startLine, item.headers, item.body.toString('hex')]);
}

describe('a stream', () => {
  test('cut anywhere gives the same messages and frames', () => {
    const stream = fc.array(fc.oneof(frames, messages), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(stream, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (parts, cuts) => {
        const whole = Buffer.concat(parts);
        const parser = new RtspParser();
        const items: Item[] = [];
        for (let at = 0, i = 0; at < whole.length; i++) {
          const end = at + (cuts[i % cuts.length] ?? 1);
          items.push(...parser.push(whole.subarray(at, end)));
          at = end;
        }
        const single = parts.flatMap((part) => new RtspParser().push(part));
        expect(single).toHaveLength(parts.length);
        expect(items.map(bytesOf)).toEqual(single.map(bytesOf));
      }),
      LIMITS,
    );
  });

  test('of bytes of any kind is taken or refused, and nothing else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
        const parser = new RtspParser();
        try {
          for (const chunk of chunks) parser.push(Buffer.from(chunk));
        } catch (error) {
          expect(error).toMatchObject({ code: 'source_unreadable' });
        }
      }),
      LIMITS,
    );
  });

  test.each([
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['bytes', '\x00\x01\x02'],
    ['a head without an end', `RTSP/1.0 200 OK\r\nX: ${'x'.repeat(70_000)}`],
    ['a body of megabytes', 'RTSP/1.0 200 OK\r\nContent-Length: 9999999\r\n\r\n'],
    ['a login that comes back', 'Authorization: Basic c2VjcmV0\r\n\r\n'],
  ])('of %s is refused, and not shown', (_, text) => {
    const fault = (() => {
      try {
        return new RtspParser().push(Buffer.from(text, 'latin1'));
      } catch (error) {
        return error;
      }
    })();
    expect(fault).toMatchObject({ code: 'source_unreadable' });
    expect(String(fault)).not.toContain('c2VjcmV0');
  });

  test('lines may end without CR, and go on in the next', () => {
    const [item] = new RtspParser().push(Buffer.from('\r\nRTSP/1.0 200 OK\nCSeq: 3\nTransport: a;\n b\nodd\n\n'));
    const { headers } = item as RtspMessage;
    expect(headers).toEqual([
      ['CSeq', '3'],
      ['Transport', 'a; b'],
    ]);
  });

  test('bytes of a message stay as they are', () => {
    const text = 'RTSP/1.0 200 OK\r\nCSeq: 3\r\nX-Text: \xfc\xe9\r\nContent-Length: 2\r\n\r\n\xff\x00';
    const [item] = new RtspParser().push(Buffer.from(text, 'latin1'));
    expect((item as RtspMessage).bytes().toString('latin1')).toBe(text);
  });
});

describe('the time of capture of a packet', () => {
  const stamp = { ssrc: 0xdecade, timestamp: 9000, ntpS: NTP_S, ntpFraction: NTP_FRACTION };
  test.each([
    ['as ONVIF has it', packet({ words: REPLAY_WORDS }), stamp],
    ['after contributing sources', packet({ words: REPLAY_WORDS, sources: 3 }), stamp],
    ['with an extension of JPEG in it', packet({ words: [...REPLAY_WORDS, 0xffd80001, 0x12345678] }), stamp],
    ['without payload', packet({ words: REPLAY_WORDS, payload: Buffer.alloc(0) }), stamp],
    ['no extension', packet(), undefined],
    ['another extension', packet({ words: REPLAY_WORDS, profile: 0xbede }), undefined],
    ['an empty one', packet({ words: [], payload: Buffer.alloc(40) }), undefined],
    ['one that is too short', packet({ words: [NTP_S, NTP_FRACTION], payload: Buffer.alloc(40) }), undefined],
    ['one that is cut off', packet({ words: REPLAY_WORDS, stated: 9 }), undefined],
    ['a packet that is cut off', packet({ words: REPLAY_WORDS }).subarray(0, 24), undefined],
    ['a clock that was never set', packet({ words: [0, 1, 0] }), undefined],
    ['no RTP', Buffer.alloc(40), undefined],
    ['nothing', Buffer.alloc(0), undefined],
  ])('%s', (_, bytes, expected) => {
    if (expected) expect(stampOf(bytes)).toEqual(expected);
    else expect(stampOf(bytes)).toBeUndefined();
  });

  test('of bytes of any kind is read without a fault', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void stampOf(Buffer.from(bytes))),
      LIMITS,
    );
  });

  test('as a sender report (RFC 3550, 6.4.1), on the channel of the reports', () => {
    const hex = '24 05 001c  80 c8 0006  00decade  e9000000 40000000  00002328  00000000 00000000';
    expect(reportFrame(5, stamp).toString('hex')).toBe(hex.replaceAll(' ', ''));
  });
});

describe('frames', () => {
  const passed = (reports: Reports, ...sent: Buffer[]) => {
    const out: Buffer[] = [];
    for (const item of new RtspParser().push(Buffer.concat(sent))) {
      if (item.kind === 'frame') reports.pass(item, (bytes) => out.push(bytes));
    }
    return Buffer.concat(out).toString('hex');
  };
  const hex = (...parts: Buffer[]) => Buffer.concat(parts).toString('hex');
  const reports = () => {
    const made = new Reports();
    made.carries(0, 1);
    made.carries(4, 9);
    return made;
  };
  const stamped = (timestamp: number) => packet({ words: REPLAY_WORDS, timestamp });
  const reported = (channel: number, timestamp: number) =>
    reportFrame(channel, { ssrc: 0xdecade, timestamp, ntpS: NTP_S, ntpFraction: NTP_FRACTION });

  test('each picture gets one report before its first packet, by channel', () => {
    const [first, second, other] = [frame(0, stamped(1)), frame(0, stamped(2)), frame(4, stamped(1))];
    const sent = passed(reports(), first, first, other, second, first);
    expect(sent).toBe(
      hex(reported(1, 1), first, first, reported(9, 1), other, reported(1, 2), second, reported(1, 1), first),
    );
  });

  test("the camera's own reports go on until there are better ones; what comes with them always does", () => {
    const own = frame(1, report(BYE));
    const others = [frame(9, report()), frame(3, stamped(7)), frame(1, BYE), frame(1, Buffer.alloc(0))];
    const picture = frame(0, stamped(1));
    const sent = passed(reports(), own, picture, own, frame(1, report()), ...others);
    expect(sent).toBe(hex(own, reported(1, 1), picture, frame(1, BYE), ...others));
  });

  test('without times all goes on as it is', () => {
    const all = [frame(0, packet()), frame(1, report()), frame(1, report(BYE)), frame(0, packet({ timestamp: 5 }))];
    expect(passed(reports(), ...all)).toBe(hex(...all));
  });
});

describe('addresses', () => {
  const CAMERA = 'rtsp://cam.local:554';
  const RELAY = 'rtsp://127.0.0.1:4000/secret';
  const urls = new Urls(CAMERA, RELAY);

  test.each([
    [`${RELAY}/live?x=1`, `${CAMERA}/live?x=1`],
    [RELAY, CAMERA],
    [`${RELAY}?x`, `${CAMERA}?x`],
    ['*', '*'],
    ['rtsp://10.0.0.7/live/track1', 'rtsp://10.0.0.7/live/track1'],
    ['rtsp://127.0.0.1:4000/secrets/x', 'rtsp://127.0.0.1:4000/secrets/x'],
  ])('%s is asked of the camera as %s', (url, told) => expect(urls.toCamera(url)).toBe(told));

  test.each([
    ['Content-Base', `${CAMERA}/live/`, `${RELAY}/live/`],
    ['content-location', CAMERA, RELAY],
    ['RTP-Info', `url=${CAMERA}/a;seq=1,url="${CAMERA}/b";seq=2`, `url=${RELAY}/a;seq=1,url="${RELAY}/b";seq=2`],
    ['Content-Base', 'rtsp://10.0.0.7:554/live/', 'rtsp://10.0.0.7:554/live/'],
    ['Content-Base', `${CAMERA}0/live/`, `${CAMERA}0/live/`],
    ['Content-Base', 'rtsp://cam-local:554/', 'rtsp://cam-local:554/'],
    ['Server', CAMERA, CAMERA],
  ])('%s: %s is told as %s', (name, value, told) => expect(urls.headerToRelay(name, value)).toBe(told));

  test('in an SDP only those of tracks', () => {
    const sdp = (base: string) => `v=0\r\nu=${CAMERA}/x\r\na=control:${base}/live/\r\na=control:track1\r\n`;
    expect(urls.sdpToRelay(sdp(CAMERA))).toBe(sdp(RELAY));
  });

  test('what is asked for is what the camera named', () => {
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        const told = urls.headerToRelay('content-base', `${CAMERA}${path}`);
        expect(urls.toCamera(told)).toBe(`${CAMERA}${path}`);
      }),
      LIMITS,
    );
  });
});

class SlowSocket {
  readonly taken: Buffer[] = [];
  isPaused = false;
  ends = 0;
  #turn = 0;
  readonly #takes: readonly number[];

  /** @param takes so many bytes by turns */
  constructor(takes: readonly number[]) {
    this.#takes = takes;
  }

  write(bytes: Buffer): number {
    const count = Math.min(bytes.length, this.#takes[this.#turn++ % this.#takes.length] ?? 0);
    this.taken.push(bytes.subarray(0, count));
    return count;
  }

  end(): void {
    this.ends += 1;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }
}

test('a socket that takes only a part gets all of it in order, and the other side waits meanwhile', () => {
  const takes = fc.array(fc.nat(30), { minLength: 1 }).map((counts) => [...counts, 1]);
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), takes, fc.boolean(), (parts, counts, isApart) => {
      const socket = new SlowSocket(counts);
      const outlet = new Outlet(socket, socket);
      const whole = Buffer.concat(parts);
      let at = 0;
      for (const [i, { length }] of parts.entries()) {
        // Neighbours in one memory, or each in its own.
        const part = whole.subarray(at, at + length);
        outlet.add(isApart ? Buffer.from(part) : part);
        at += length;
        if (i % 3 === 0) outlet.flush();
      }
      outlet.end();
      while (socket.isPaused) outlet.drain();
      expect(Buffer.concat(socket.taken)).toEqual(whole);
      expect(socket.ends).toBe(1);
    }),
    LIMITS,
  );
});
