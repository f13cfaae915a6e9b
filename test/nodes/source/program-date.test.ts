/** Dates in the playlists of HLS. */
import { expect, test } from 'bun:test';
import { segmentDate } from '../../../nodes/source/program-date.ts';

const AT = Date.parse('2026-01-02T03:04:05.250Z');
const HEAD = '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:7\n';
const dated = (date: string) => `#EXT-X-PROGRAM-DATE-TIME:${date}\n#EXTINF:2.000,\nseg.ts\n`;
const PLAIN = '#EXTINF:1.5,title\nseg.ts\n';

test.each([
  ['that of the segment itself', dated('2026-01-02T03:04:05.250Z') + PLAIN + PLAIN, -3, AT],
  ['a zone as ffmpeg writes it', dated('2026-01-02T05:04:05.250+0200') + PLAIN + PLAIN, -3, AT],
  ['lengths are added up', dated('2026-01-02T03:04:05.250Z') + PLAIN + PLAIN, -1, AT + 3500],
  ['a later date counts', dated('2020-01-01T00:00:00Z') + dated('2026-01-02T03:04:05.250Z'), -1, AT],
  ['fewer segments than asked for', dated('2026-01-02T03:04:05.250Z'), -3, AT],
  ['counted from the start', dated('2026-01-02T03:04:05.250Z') + PLAIN, 1, AT + 2000],
  ['no dates', PLAIN + PLAIN, -1, undefined],
  ['dates only after it', PLAIN + dated('2026-01-02T03:04:05.250Z'), -2, undefined],
  ['nonsense', dated('yesterday'), -1, undefined],
  ['a film', `${dated('2026-01-02T03:04:05.250Z')}#EXT-X-ENDLIST\n`, -1, undefined],
  ['nothing', '', -1, undefined],
] as const)('%s', (_, segments, index, expected) => {
  expect(segmentDate(HEAD + segments, index)).toBe(expected);
  expect(segmentDate((HEAD + segments).replaceAll('\n', '\r\n'), index)).toBe(expected);
});
