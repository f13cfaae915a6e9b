/** Random changes of settings over real files, of a graph as people write them. */
import { afterAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { LONG_TEST_LIMIT_MS } from '../support/patience.ts';
import { endAll, serve } from './settings-rig.ts';

afterAll(endAll);

/** As people write: comments, quotes of both kinds, an anchor that is merged, flow and block. */
const LAID_OUT = `# The camera of this file.
version: 1
camera: a

nodes:
  source:    { use: source, with: { url: &camera "rtsp://cam/sub" } }   # the lens
  decode:    { use: decode,    from: source }
  # How it sees.
  detect:
    use: "detect" # the model
    from: decode
    with: &mine
      # Tuned on site.
      confidence: 0.3
      side: 64 # pixels
      labels: ['a', "b c"]
  again:     { use: 'detect',  from: decode, with: { <<: *mine, side: 32 } }

  track:     { use: track,     from: detect }
  other:     { use: track,     from: again }
  autotrack: { use: autotrack, from: track }
  publish:   { use: publish,   from: [track, autotrack] }
  second:    { use: publish,   from: other }
# The end.
`;

/** The lines that hold no option that is changed. */
function kept(text: string): string[] {
  return text.split('\n').filter((line) => !/confidence|side|labels|mine|\{\}|^camera/.test(line));
}

test(
  'random changes: valid after each, all or nothing, and persist and reload are the identity',
  async () => {
    const options = fc.record(
      {
        confidence: fc.constantFrom(0, 0.25, 0.75, 1, 1.5, 'x', null),
        side: fc.constantFrom(32, 64, 100, null),
        labels: fc.constantFrom(['b'], [], ['c', 'd'], null),
      },
      { requiredKeys: [] },
    );
    const change = fc.record(
      { a: fc.record({ detect: options }), b: fc.record({ detect: options }) },
      { requiredKeys: [] },
    );
    const { call, rig, onDisk } = await serve();
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const original = { a: LAID_OUT, b: LAID_OUT.replace('camera: a', 'camera: b') };
        expect((await rig.catalog.apply(original)).faults).toEqual([]);
        let before = (await call('GET', '/settings')).body;
        for (const each of changes) {
          const { status, body } = await call('PATCH', '/settings', each);
          const after = (await call('GET', '/settings')).body;
          if (status === 200)
            expect(body.settings).toEqual(Object.fromEntries(Object.keys(each).map((id) => [id, after[id]])));
          else expect([status, after]).toEqual([400, before]);
          expect(rig.params('a', 'detect')).toMatchObject(after.a.detect);
          before = after;
        }
        const texts = ['a', 'b'].map((camera) => rig.catalog.text(camera));
        expect((await call('POST', '/settings/persist')).status).toBe(200);
        expect((await call('POST', '/settings/reload')).status).toBe(200);
        expect((await call('GET', '/settings')).body).toEqual(before);
        expect(['a', 'b'].map(onDisk)).toEqual(texts);
        // What no change was about is as it was written: comments, anchors, quotes, order.
        for (const text of texts) expect(kept(text)).toEqual(kept(LAID_OUT));
      }),
      { numRuns: 300 },
    );
  },
  LONG_TEST_LIMIT_MS,
);
