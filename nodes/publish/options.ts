/** The options of publish: type, default, range, unit and meaning, declared once. */
import { SiteSchema, type Static, Type } from '../../runtime/node.ts';

export const PublishOptions = Type.Object({
  hz: Type.Number({
    default: 10,
    exclusiveMinimum: 0,
    maximum: 1000,
    live: true,
    description: 'Highest rate of metadata ticks to live clients, in ticks per second.',
  }),
  confirm_after: Type.Integer({
    default: 2,
    minimum: 1,
    maximum: 1000,
    live: true,
    description: 'Sightings before a track is confirmed and announced.',
  }),
  end_after_ms: Type.Integer({
    default: 1000,
    minimum: 1,
    maximum: 3_600_000,
    live: true,
    description:
      'How long a track may be unseen before it ends, in milliseconds of capture time. It never ends while its tracker may still find it again (lost_after_s of track).',
  }),
  grace_s: Type.Number({
    default: 2,
    minimum: 0,
    maximum: 3600,
    live: true,
    description:
      'How long an unseen target is searched for before it is lost, in seconds. With an autotrack node, whose own grace time counts then: only while no frames come.',
  }),
  site: Type.Optional({ ...SiteSchema, site: true, live: true }),
});

export type PublishOptions = Static<typeof PublishOptions>;
