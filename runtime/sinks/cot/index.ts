/**
 * `cot`: tells TAK servers and ATAK, WinTAK, iTAK (Cursor-on-Target) where each camera looks, and in which direction each of
 * its tracks is. For cameras whose graph says where they stand (`site` of `publish`).
 */
import { defineSink } from '../sink.ts';
import { CotOptions } from './options.ts';

export const cotSink = defineSink({
  name: 'cot',
  doc: 'Cursor-on-Target: a line of bearing for each track, and the field of view of each camera with a known site.',
  options: CotOptions,
  open: async (options, host) => {
    const [{ openTransport }, { Teller }] = await Promise.all([import('./transport.ts'), import('./teller.ts')]);
    return new Teller(options, host, await openTransport(options));
  },
});
