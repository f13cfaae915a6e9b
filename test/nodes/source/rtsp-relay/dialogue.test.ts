/** What FFmpeg and a camera say to each other through the relay: login, wish for times, numbers, addresses. */
import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import { Dialogue } from '../../../../nodes/source/rtsp-relay/dialogue.ts';
import { RtspLogin } from '../../../../nodes/source/rtsp-relay/login.ts';
import { Reports } from '../../../../nodes/source/rtsp-relay/reports.ts';
import { RtspMessage, RtspParser } from '../../../../nodes/source/rtsp-relay/rtsp-messages.ts';
import { Urls } from '../../../../nodes/source/rtsp-relay/urls.ts';
import { HARD_PASSWORDS } from '../../../support/passwords.ts';
import { frame, packet, REPLAY_WORDS } from './packets.ts';

const CAMERA = 'rtsp://cam:554';
const RELAY = 'rtsp://127.0.0.1:4000/secret';
const DIGEST = 'Digest realm="cam", nonce="n1"';
const BASIC = 'Basic realm="other"';
const TCP = 'RTP/AVP/TCP;unicast;interleaved=0-1';

/** FFmpeg on the one side, a camera on the other. */
class Talk {
  readonly reports = new Reports();
  readonly #dialogue: Dialogue;
  #sequence = 10;

  constructor(login?: readonly [string, string]) {
    const urls = new Urls(CAMERA, RELAY);
    this.#dialogue = new Dialogue({ urls, login: new RtspLogin(login), reports: this.reports });
  }

  /** @returns what the camera gets */
  asks(method: string, headers: Readonly<Record<string, string>> = {}): RtspMessage {
    const all = Object.entries({ CSeq: String(++this.#sequence), ...headers });
    const passed = this.#dialogue.fromClient(new RtspMessage(`${method} ${RELAY}/live RTSP/1.0`, all));
    return read(passed.toCamera ?? passed.toClient);
  }

  /** @returns what the camera gets now, or else the client */
  answers(to: RtspMessage, status: number, headers: readonly (readonly [string, string])[] = [], body = '') {
    const all = [['CSeq', to.header('cseq') ?? ''], ...headers] as const;
    const passed = this.#dialogue.fromCamera(new RtspMessage(`RTSP/1.0 ${status} X`, all, Buffer.from(body)));
    const retried = passed.toCamera && read(passed.toCamera);
    return { retried, told: passed.toClient && read(passed.toClient) };
  }

  refuses(to: RtspMessage, ...challenges: string[]) {
    return this.answers(
      to,
      401,
      challenges.map((each) => ['WWW-Authenticate', each] as const),
    );
  }

  isTimed(): boolean {
    const [item] = new RtspParser().push(frame(0, packet({ words: REPLAY_WORDS })));
    let parts = 0;
    if (item?.kind === 'frame') this.reports.pass(item, () => void parts++);
    return parts > 1;
  }
}

function read(bytes: Buffer | undefined): RtspMessage {
  const [item] = new RtspParser().push(bytes ?? Buffer.alloc(0));
  if (item?.kind !== 'message') throw new Error('no message');
  return item;
}

const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('nothing');
  return value;
};

describe('the login', () => {
  test('is sent when it is asked for, and from then on; the client sees none of it', () => {
    const talk = new Talk(['admin', 'pass']);
    const first = talk.asks('DESCRIBE');
    expect(first.header('authorization')).toBeUndefined();
    const retried = must(talk.refuses(first, BASIC).retried);
    expect(retried.header('authorization')).toBe(`Basic ${btoa('admin:pass')}`);
    const { told } = talk.answers(retried, 200);
    expect([told?.status, told?.header('cseq')]).toEqual([200, '11']);
    expect(talk.asks('SETUP', { Transport: TCP }).header('authorization')).toBe(`Basic ${btoa('admin:pass')}`);
  });

  test.each(HARD_PASSWORDS)('by digest, with the password %p', (password) => {
    const talk = new Talk(['us"er', password]);
    const authorization = must(talk.refuses(talk.asks('DESCRIBE'), `${DIGEST}, ${BASIC}`).retried).header(
      'authorization',
    );
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    const response = md5(`${md5(`us"er:cam:${password}`)}:n1:${md5(`DESCRIBE ${CAMERA}/live`.replace(' ', ':'))}`);
    expect(authorization).toBe(
      `Digest username="us\\"er", realm="cam", nonce="n1", uri="${CAMERA}/live", response="${response}"`,
    );
  });

  test('is digest where there is a choice', () => {
    const talk = new Talk(['a', 'b']);
    expect(must(talk.refuses(talk.asks('DESCRIBE'), BASIC, DIGEST).retried).header('authorization')).toStartWith(
      'Digest',
    );
  });

  test('that is wrong is sent once, and the client gets the 401 without the challenge', () => {
    const talk = new Talk(['admin', 'wrong']);
    const retried = must(talk.refuses(talk.asks('DESCRIBE'), DIGEST).retried);
    const { told, retried: again } = talk.refuses(retried, DIGEST);
    expect(again).toBeUndefined();
    expect([told?.status, told?.header('www-authenticate')]).toEqual([401, undefined]);
    const later = talk.asks('DESCRIBE');
    expect(later.header('authorization')).toBeUndefined();
    expect(talk.refuses(later, DIGEST).retried).toBeUndefined();
  });

  test.each([`${DIGEST}, stale=true`, 'Digest realm="cam", nonce="n2"'])(
    'is sent with a new challenge, once: %s',
    (challenge) => {
      const talk = new Talk(['admin', 'pass']);
      talk.answers(must(talk.refuses(talk.asks('DESCRIBE'), DIGEST).retried), 200);
      const renewed = must(talk.refuses(talk.asks('GET_PARAMETER'), challenge).retried);
      expect(renewed.header('authorization')).toStartWith('Digest');
      expect(talk.refuses(renewed, challenge).told?.status).toBe(401);
    },
  );

  test.each([
    ['there is none', undefined, DIGEST],
    [
      'the camera wants it in a way that is not known',
      ['a', 'b'] as const,
      'Digest realm="c", nonce="n", algorithm=SHA-512',
    ],
    ['the camera does not say how', ['a', 'b'] as const, 'Negotiate'],
  ])('is not sent when %s', (_, login, challenge) => {
    const talk = new Talk(login);
    expect(talk.refuses(talk.asks('DESCRIBE'), challenge).told?.status).toBe(401);
  });
});

describe('the wish for times', () => {
  const isWished = (request: RtspMessage) => request.header('require') === 'onvif-replay';

  test('is told with SETUP and PLAY', () => {
    const talk = new Talk();
    const wishes = ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'GET_PARAMETER', 'TEARDOWN'].map((method) =>
      isWished(talk.asks(method, { Transport: TCP })),
    );
    expect(wishes).toEqual([false, false, true, true, false, false]);
  });

  test.each([551, 501, 400, 461])('that is refused with %d is told no more', (status) => {
    const talk = new Talk();
    const retried = must(talk.answers(talk.asks('SETUP', { Transport: TCP }), status).retried);
    expect([retried.method, isWished(retried)]).toEqual(['SETUP', false]);
    expect(talk.answers(retried, 200).told?.header('cseq')).toBe('11');
    expect(isWished(talk.asks('PLAY'))).toBe(false);
  });

  test.each([403, 404, 500, 503])('is not what a camera refuses with %d', (status) => {
    const talk = new Talk();
    expect(talk.answers(talk.asks('SETUP', { Transport: TCP }), status).told?.status).toBe(status);
    expect(isWished(talk.asks('SETUP', { Transport: TCP }))).toBe(true);
  });

  test('and a login that is wanted late', () => {
    const talk = new Talk(['a', 'b']);
    const logged = must(talk.refuses(talk.asks('SETUP', { Transport: TCP }), DIGEST).retried);
    const plain = must(talk.answers(logged, 551).retried);
    expect([isWished(logged), isWished(plain)]).toEqual([true, false]);
    expect(plain.header('authorization')).toStartWith('Digest');
    expect(talk.answers(plain, 200).told?.status).toBe(200);
  });
});

describe('an answer', () => {
  test('of DESCRIBE names the relay', () => {
    const talk = new Talk();
    const sdp = `v=0\r\na=control:${CAMERA}/live/\r\n`;
    const { told } = talk.answers(talk.asks('DESCRIBE'), 200, [['Content-Base', `${CAMERA}/live/`]], sdp);
    expect(told?.header('content-base')).toBe(`${RELAY}/live/`);
    expect(told?.body.toString()).toBe(`v=0\r\na=control:${RELAY}/live/\r\n`);
  });

  test.each([
    ['its own channels', TCP, true],
    ['channels that it leaves open', 'RTP/AVP/TCP;unicast', true],
    ['other channels', 'RTP/AVP/TCP;unicast;interleaved=4-5', false],
    ['channels that there are none of', 'RTP/AVP/TCP;unicast;interleaved=300-301', true],
  ])('of SETUP with %s', (_, transport, isTimed) => {
    const talk = new Talk();
    talk.answers(talk.asks('SETUP', { Transport: TCP }), 200, [['Transport', transport]]);
    expect(talk.isTimed()).toBe(isTimed);
  });

  test('of an encrypted stream: nothing is put in between', () => {
    const talk = new Talk();
    talk.answers(talk.asks('DESCRIBE'), 200, [], 'v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n');
    talk.answers(talk.asks('SETUP', { Transport: TCP }), 200, [['Transport', TCP]]);
    expect(talk.isTimed()).toBe(false);
  });

  test('with a wrong number is that of the oldest request', () => {
    const talk = new Talk();
    talk.asks('OPTIONS');
    const { told } = talk.answers(new RtspMessage('', [['CSeq', '999']]), 200);
    expect(told?.header('cseq')).toBe('11');
  });

  test('that sends on to another server ends it', () => {
    const talk = new Talk();
    expect(() => talk.answers(talk.asks('DESCRIBE'), 302, [['Location', 'rtsp://other/x']])).toThrow('another address');
  });
});

test('over UDP nothing is set up', () => {
  const refused = new Talk().asks('SETUP', { Transport: 'RTP/AVP;unicast;client_port=5000-5001' });
  expect([refused.status, refused.header('cseq')]).toEqual([461, '11']);
});

test('a camera asks, too', () => {
  const dialogue = new Dialogue({
    urls: new Urls(CAMERA, RELAY),
    login: new RtspLogin(['a', 'b']),
    reports: new Reports(),
  });
  const asked = new RtspMessage('OPTIONS * RTSP/1.0', [['CSeq', '77']]);
  expect(dialogue.fromCamera(asked).toClient).toEqual(asked.bytes());
  const answer = new RtspMessage('RTSP/1.0 200 OK', [['CSeq', '77']]);
  expect(dialogue.fromClient(answer).toCamera).toEqual(answer.bytes());
});
