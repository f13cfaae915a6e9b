/** Sees one thing in every frame until it hangs, in a place and a way of the test's choice. Counts its starts in a file. */
import { appendFileSync, readFileSync } from 'node:fs';
import { defineNode, Type } from '../../runtime/node.ts';
import { hold } from './hold.ts';

const forever = () => new Promise<void>(() => undefined);
const HANGS = {
  wait: forever,
  spin: () => {
    while (true);
  },
  /** As a loop that never ends, but for the processor, which others can use. */
  loop: () => {
    while (true) hold(1);
  },
  exit: () => process.exit(3),
  native: () => Bun.sleepSync(600_000),
};

export default defineNode({
  name: 'hangs',
  doc: 'Hangs at its first start.',
  params: Type.Object({
    where: Type.Union(['open', 'handler', 'timer', 'end', 'close'].map((place) => Type.Literal(place))),
    how: Type.Union(Object.keys(HANGS).map((how) => Type.Literal(how))),
    starts: Type.String({ description: 'File that counts the starts.' }),
    times: Type.Integer({ default: 1, description: 'It hangs at so many starts.' }),
  }),
  inputs: { detections: { kind: 'detections' } },
  outputs: { seen: { kind: 'detections' } },
  blocks: true,
  hangsAfterS: { open: 4, other: 2 },
  open({ params, emit, count }) {
    appendFileSync(params.starts, 'x');
    const starts = readFileSync(params.starts, 'utf8').length;
    const hang = HANGS[params.how as keyof typeof HANGS];
    const at = (place: string) => (params.where === place && starts <= params.times ? hang() : undefined);
    let seen = 0;
    const handlers = {
      on: {
        detections: async (message: object) => {
          seen += 1;
          count('seen');
          if (seen === 3 && params.where === 'timer') setTimeout(() => at('timer'), 0);
          if (seen === 3) await at('handler');
          await emit.seen(message as never);
        },
      },
      end: () => at('end'),
      close: () => at('close'),
    };
    const opening = at('open');
    return opening ? opening.then(() => handlers) : handlers;
  },
});
