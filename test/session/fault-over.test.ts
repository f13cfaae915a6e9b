/** A fault of a node is over when a picture was processed that came after it, and not before. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { SystemClock } from '../../runtime/clock.ts';
import { createLog } from '../../runtime/log.ts';
import { FaultBook } from '../../runtime/session/fault-book.ts';
import { toJpeg } from '../../sim/camera/jpeg.ts';
import { VirtualCamera } from '../../sim/index.ts';
import { graphText, testNode } from '../support/graphs.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { PROPERTY_LIMIT_MS, TEST_LIMIT_MS } from '../support/patience.ts';
import { TestSession } from '../support/sessions.ts';

/** The same picture, said to be of a kind of JPEG that no decoder knows. */
function undecodable(jpeg: Uint8Array): Uint8Array<ArrayBuffer> {
  const at = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
  return Uint8Array.from(jpeg).fill(0xc9, at + 1, at + 2);
}

test(
  'a camera that is busy, then sends what cannot be decoded, then pictures',
  async () => {
    const good = await toJpeg(new VirtualCamera({ clock: new SystemClock() }).render(0, { width: 64, height: 36 }));
    const picture = (bytes: Uint8Array<ArrayBuffer>) =>
      new Response(bytes, { headers: { 'content-type': 'image/jpeg' } });
    let answer = () => new Response('', { status: 503 });
    await using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => answer() });
    const source = { use: 'source', with: { url: `http://127.0.0.1:${server.port}/shot.jpg`, format: 'jpeg_pipe' } };
    await using session = await TestSession.start(
      graphText({
        source: JSON.stringify(source),
        decode: '{ use: decode, from: source }',
        frames: `{ use: ${testNode('frames')}, from: decode }`,
      }),
    );
    const over = () => session.log.filter(({ message }) => message === 'the fault is over').length;
    const { fault } = await session.until('busy', (view) => view.fault?.code === 'source_busy');
    answer = () => picture(undecodable(good));
    await session.until('damaged', () => Number(session.node('decode').corrupt_packets ?? 0) >= 2);
    expect([session.view.fault, over()]).toEqual([fault, 0]);
    answer = () => picture(good);
    const { frames } = await session.until('no fault', (view) => view.fault === null);
    expect(frames.processed).toBeGreaterThan(0);
    expect(over()).toBe(1);
  },
  TEST_LIMIT_MS,
);

test(
  'whatever happens: over with the first frame processed that came in after the node could work again',
  () => {
    const step = fc.constantFrom('fails', 'works', 'decoded', 'processed');
    const run = (steps: readonly string[]) => {
      const log = createLog({ write: () => undefined, pretty: false });
      const book = new FaultBook(log, new ManualClock());
      let [decoded, settled, isWrong] = [0, 0, false];
      let worksFrom: number | undefined;
      for (const step of steps) {
        if (step === 'fails') {
          book.ofNode('source', { code: 'source_lost', message: 'the stream ended' }, decoded);
          [isWrong, worksFrom] = [true, undefined];
        } else if (step === 'works') {
          book.ofNode('source', null, decoded);
          worksFrom ??= decoded;
        } else if (step === 'decoded') decoded += 1;
        else if (settled < decoded) {
          settled += 1;
          book.flowing(settled);
          if (worksFrom !== undefined && settled > worksFrom) isWrong = false;
        }
        if (!isWrong) worksFrom = undefined;
        expect(book.current?.code).toBe(isWrong ? 'source_lost' : undefined);
      }
    };
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), run));
  },
  PROPERTY_LIMIT_MS,
);

test('what is wrong now is told before what may be over; a warning is over at once', () => {
  const book = new FaultBook(createLog({ write: () => undefined, pretty: false }), new ManualClock());
  book.ofNode('source', { code: 'source_lost', message: 'lost' }, 0);
  book.ofNode('source', null, 3);
  book.ofNode('decode', { code: 'decode_damaged', message: 'damaged' }, 3);
  expect(book.current?.code).toBe('decode_damaged');
  book.ofNode('decode', null, 4);
  expect(book.current?.code).toBe('source_lost');
  book.flowing(4);
  expect(book.current?.code).toBe('decode_damaged');
  book.ofNode('autotrack', { code: 'cannot_steer', message: 'no PTZ', isWarning: true }, 4);
  book.ofNode('autotrack', null, 4);
  expect(book.warnings).toEqual([]);
  book.flowing(5);
  expect(book.current).toBeNull();
});
